'use client';

import { SegmentedControl, Text } from '@mantine/core';
import { checkpointRoutes, type CheckpointRow } from '@rankloop/contracts';
import Link from 'next/link';
import { usePathname, useRouter, useSearchParams } from 'next/navigation';
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
import './checkpoints.css';
import { figuresInWords } from './figures-in-words.ts';
import { laneCount, lanesOf } from './lanes.ts';
import { PromoteButton } from './promote-button.tsx';
import { StoragePanel } from './storage-panel.tsx';
import { TreeCell } from './tree-cell.tsx';
import { usePromote } from './use-promote.ts';

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
      checkpointRoutes.listCheckpoints,
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
          // Of reward models alone the lines would lead nowhere.
          hasTree: kind !== 'reward',
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
      <StoragePanel projectId={projectId} />
    </Page>
  );
}

/** One figure a line: they are compared down the column. */
function Figures({ row }: { row: CheckpointRow }) {
  const figures = figuresInWords(row);
  if (figures.length === 0) return '-';
  return figures.map((figure) => <div key={figure}>{figure}</div>);
}

interface ColumnsOptions {
  rows: readonly CheckpointRow[];
  hasTree: boolean;
  slug: string;
  onPromote: (id: string) => void;
  busy: string | undefined;
}

function columnsFor({ rows, hasTree, slug, onPromote, busy }: ColumnsOptions): Column<CheckpointRow>[] {
  const nameOf = (id: string | null) => rows.find((row) => row.id === id)?.name ?? null;
  const current = rows.find((row) => row.isCurrent);
  return [
    ...(hasTree ? [treeColumn(rows)] : []),
    {
      key: 'name',
      title: 'Name',
      cell: (row) => (
        <>
          <Link href={`/p/${slug}/checkpoints/${row.id}`} className="rl-link">
            <strong>{row.name}</strong>
          </Link>
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
    {
      key: 'bytes',
      title: 'Size',
      align: 'right',
      cell: (row) => (row.prunedAt === null ? bytes(row.bytes) : 'files deleted'),
    },
    { key: 'hash', title: 'Hash', cell: (row) => <ShortHash hash={row.manifestHash} /> },
    { key: 'created', title: 'Made', cell: (row) => <RelativeTime at={row.createdAt} /> },
    {
      key: 'promote',
      title: <span className="rl-visually-hidden">Actions</span>,
      cell: (row) => (
        <PromoteButton
          row={row}
          goesBack={current !== undefined && row.createdAt < current.createdAt}
          isBusy={busy === row.id}
          onPromote={() => onPromote(row.id)}
        />
      ),
    },
  ];
}

function treeColumn(rows: readonly CheckpointRow[]): Column<CheckpointRow> {
  const lanes = lanesOf(rows);
  const count = laneCount(lanes);
  const laneOf = new Map(rows.map((row, i) => [row.id, lanes[i]]));
  return {
    key: 'tree',
    title: <span className="rl-visually-hidden">Tree</span>,
    cell: (row) => {
      const lane = laneOf.get(row.id);
      return lane && <TreeCell lanes={lane} count={count} isCurrent={row.isCurrent} />;
    },
  };
}
