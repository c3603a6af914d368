'use client';

import { Button } from '@mantine/core';
import { type HistoryRow, labelingRoutes } from '@rankloop/contracts';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import type { Column } from '../../components/data-table.tsx';
import { Page } from '../../components/page.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { EmptyState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { useMembership } from '../../lib/session.ts';
import { usePages } from '../../lib/use-pages.ts';

const OUTCOMES: Record<HistoryRow['outcome'], string> = {
  ok: 'answered',
  skipped: 'skipped',
  unrankable: 'none could be ranked',
  both_bad: 'both bad',
};

const COLUMNS: Column<HistoryRow>[] = [
  { key: 'prompt', title: 'Prompt', cell: (row) => (row.promptStart === '' ? 'A task' : row.promptStart) },
  {
    key: 'outcome',
    title: 'Answer',
    cell: (row) => `${OUTCOMES[row.outcome]}${row.revision > 1 ? `, changed` : ''}`,
  },
  { key: 'at', title: 'When', cell: (row) => <RelativeTime at={row.createdAt} /> },
  {
    key: 'until',
    title: 'Can be changed until',
    cell: (row) =>
      new Date(row.editableUntil) > new Date() ? <RelativeTime at={row.editableUntil} /> : 'no longer',
  },
];

/** Own answers, newest first; one opens as it was given. */
export function HistoryPage() {
  const { projectId, slug } = useMembership();
  const router = useRouter();
  const pages = usePages(['history', projectId], (cursor, signal) =>
    call(
      labelingRoutes.listOwnHistory,
      { params: { projectId }, query: cursor === undefined ? {} : { cursor } },
      { signal },
    ),
  );
  return (
    <Page title="Your answers">
      <PagedTable
        pages={pages}
        label="Your answers"
        columns={COLUMNS}
        rowKey={(row) => row.judgementId}
        onOpen={(row) => router.push(`/p/${slug}/label?lease=${row.leaseId}`)}
        empty={
          <EmptyState
            title="No answers yet"
            action={
              <Button component={Link} href={`/p/${slug}/label`}>
                Start labeling
              </Button>
            }
          >
            Everything that you answer is listed here, and can be changed for a while.
          </EmptyState>
        }
      />
    </Page>
  );
}
