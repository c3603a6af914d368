'use client';

import { SegmentedControl, Text } from '@mantine/core';
import type { CheckpointRow } from '@rankloop/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import type { Column } from '../../components/data-table.tsx';
import { Page } from '../../components/page.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { ShortHash } from '../../components/short-hash.tsx';
import { EmptyState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { bytes } from '../../lib/format.ts';
import { useLive } from '../../lib/live.ts';
import { useMembership } from '../../lib/session.ts';
import { usePages } from '../../lib/use-pages.ts';
import { useRefresh } from '../../lib/use-refresh.ts';
import { FormError } from '../account/form-error.tsx';
import { figuresInWords } from './figures-in-words.ts';

const PER_PAGE = 50;
const KINDS = [
  { value: 'all', label: 'All' },
  { value: 'policy', label: 'Policies' },
  { value: 'reward', label: 'Reward models' },
] as const;
type Kind = (typeof KINDS)[number]['value'];

export function CheckpointsPage() {
  const { projectId, slug } = useMembership();
  const router = useRouter();
  const pathname = usePathname();
  const given = useSearchParams().get('kind');
  const kind: Kind = given === 'policy' || given === 'reward' ? given : 'all';
  const pages = usePages(['checkpoints', projectId, kind], (cursor, signal) =>
    call(
      'listCheckpoints',
      { params: { projectId }, query: { cursor, limit: PER_PAGE, ...(kind === 'all' ? {} : { kind }) } },
      { signal },
    ),
  );
  const refresh = useRefresh(['checkpoints', projectId]);
  useLive('checkpoint', (event) => {
    if (event.projectId === projectId) refresh();
  });
  const promote = usePromote(projectId);
  return (
    <Page title="Checkpoints">
      <SegmentedControl
        mb="md"
        aria-label="Kind"
        data={[...KINDS]}
        value={kind}
        onChange={(value) => router.replace(value === 'all' ? pathname : `${pathname}?kind=${value}`)}
      />
      <FormError error={promote.error} />
      <PagedTable
        pages={pages}
        label="Checkpoints"
        columns={columnsFor({
          rows: pages.rows ?? [],
          slug,
          onPromote: (id) => promote.mutate(id),
          busy: promote.variables,
        })}
        rowKey={(row) => row.id}

        empty={
          <EmptyState title="No checkpoints yet">
            A checkpoint is a state of a model: the base that the project began with, and what each round made
            of it. One policy is in use: its outputs go to the labelers.
          </EmptyState>
        }
      />
    </Page>
  );
}

/** One figure a line: they are compared down the column. */
function Figures({ row }: { row: CheckpointRow }) {
  const figures = figuresInWords(row);
  if (figures.length === 0) return '-';
  return figures.map((figure) => <div key={figure}>{figure}</div>);
}

function usePromote(projectId: string) {
  const queryClient = useQueryClient();
  const mutation = useMutation({
    mutationFn: (checkpointId: string) => call('promoteCheckpoint', { params: { projectId, checkpointId } }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['checkpoints', projectId] }),
  });
  return { ...mutation, variables: mutation.isPending ? mutation.variables : undefined };
}

interface ColumnsOptions {
  rows: readonly CheckpointRow[];
  slug: string;
  onPromote: (id: string) => void;
  busy: string | undefined;
}

function columnsFor({ rows, slug, onPromote, busy }: ColumnsOptions): Column<CheckpointRow>[] {
  const nameOf = (id: string | null) => rows.find((row) => row.id === id)?.name ?? null;
  const current = rows.find((row) => row.isCurrent);
  return [
    {
      key: 'name',
      title: 'Name',
      cell: (row) => (
        <>
          <strong>{row.name}</strong>
          {row.isCurrent && (
            <Text component="span" size="xs" c="var(--rl-accent-text)" ml="xs">
              ✓ in use
            </Text>
          )}
        </>
      ),
    },
    { key: 'kind', title: 'Kind', cell: (row) => (row.kind === 'policy' ? 'policy' : 'reward model') },
    {
      key: 'from',
      title: 'Comes from',
      cell: (row) => (row.parentId === null ? 'the beginning' : (nameOf(row.parentId) ?? 'an older one')),
    },
    {
      key: 'round',
      title: 'Round',
      cell: (row) =>
        row.roundId === null ? (
          '-'
        ) : (
          <Link href={`/p/${slug}/rounds/${row.roundId}`} className="rl-link">
            Round {row.roundNumber}
          </Link>
        ),
    },
    { key: 'metrics', title: 'Measured', cell: (row) => <Figures row={row} /> },
    { key: 'bytes', title: 'Size', align: 'right', cell: (row) => bytes(row.bytes) },
    { key: 'hash', title: 'Hash', cell: (row) => <ShortHash hash={row.manifestHash} /> },
    { key: 'created', title: 'Made', cell: (row) => <RelativeTime at={row.createdAt} /> },
    {
      key: 'promote',
      title: <span className="rl-visually-hidden">Actions</span>,
      cell: (row) => {
        if (row.kind !== 'policy' || row.isCurrent) return null;
        const goesBack = current !== undefined && row.createdAt < current.createdAt;
        return (
          <ConfirmButton
            size="compact-xs"
            label={`${goesBack ? 'Roll back to' : 'Use'} ${row.name}`}
            question={`New rounds begin from ${row.name}, and new outputs come from it. Open tasks and all judgements stay.`}
            confirm={goesBack ? 'Roll back' : 'Use it'}
            loading={busy === row.id}
            onConfirm={() => onPromote(row.id)}
          >
            {goesBack ? 'Roll back' : 'Use'}
          </ConfirmButton>
        );
      },
    },
  ];
}
