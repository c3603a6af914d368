'use client';

import { Button, Text } from '@mantine/core';
import { projectRoutes, roleAtLeast, type RouteOutput } from '@rankloop/contracts';
import Link from 'next/link';
import type { Column } from '../../components/data-table.tsx';
import { Page } from '../../components/page.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { EmptyState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { count } from '../../lib/format.ts';
import { ROLE_NAMES } from '../../lib/message-roles.ts';
import { useMembership } from '../../lib/session.ts';
import { usePages } from '../../lib/use-pages.ts';

type Row = RouteOutput<'listPrompts'>['items'][number];

const PER_PAGE = 50;

export function PromptsPage() {
  const { projectId, slug, role } = useMembership();
  const pages = usePages(['prompts', projectId], (cursor, signal) =>
    call(
      projectRoutes.listPrompts,
      { params: { projectId }, query: { cursor, limit: PER_PAGE } },
      { signal },
    ),
  );
  const mayImport = roleAtLeast(role, 'admin');
  return (
    <Page title="Prompts">
      <Text size="sm" c="dimmed" mb="sm">
        Held-out prompts never train: reward models and policies are measured on them.
      </Text>
      <PagedTable
        pages={pages}
        label="Prompts"
        columns={COLUMNS}
        rowKey={(row) => row.id}

        empty={
          <EmptyState
            title="No prompts yet"
            action={
              mayImport ? (
                <Button component={Link} href={`/p/${slug}/import`}>
                  Import a file
                </Button>
              ) : undefined
            }
          >
            A prompt is what the model answers: one message or a conversation. An admin of the project imports
            them from a file, with or without outputs to judge.
          </EmptyState>
        }
      />
    </Page>
  );
}

const COLUMNS: readonly Column<Row>[] = [
  {
    key: 'text',
    title: 'Prompt',
    cell: (row) => (
      <details>
        <summary>
          <span className="rl-clip prompts-text">{row.conversation.at(-1)?.content ?? ''}</span>
        </summary>
        {row.conversation.map((message, i) => (
          <p key={i} className="prompts-message">
            <strong>{ROLE_NAMES[message.role]}:</strong> {message.content}
          </p>
        ))}
      </details>
    ),
  },
  { key: 'turns', title: 'Messages', align: 'right', cell: (row) => count(row.conversation.length) },
  { key: 'useCase', title: 'Use case', cell: (row) => row.useCase ?? '-' },
  { key: 'source', title: 'Source', cell: (row) => row.source },
  { key: 'heldOut', title: 'Use', cell: (row) => (row.heldOut ? 'held out' : 'trains') },
  { key: 'completions', title: 'Outputs', align: 'right', cell: (row) => count(row.completions) },
  {
    key: 'externalId',
    title: 'Own id',
    cell: (row) => <span className="rl-clip">{row.externalId ?? '-'}</span>,
  },
  { key: 'created', title: 'Came in', cell: (row) => <RelativeTime at={row.createdAt} /> },
];
