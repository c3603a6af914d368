'use client';

import { Text, Title } from '@mantine/core';
import type { LabelerLineage, TaughtCheckpoint } from '@rankloop/contracts';
import Link from 'next/link';
import { DataTable, type Column } from '../../components/data-table.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { ShortHash } from '../../components/short-hash.tsx';
import { count, counted } from '../../lib/format.ts';
import { useMembership } from '../../lib/session.ts';

type Touched = Pick<
  LabelerLineage,
  'snapshots' | 'snapshotCount' | 'taught' | 'taughtCount' | 'touchesCurrent'
>;

/** Snapshots and checkpoints that some judgements have gone into. */
export function Touched({ touched }: { touched: Touched }) {
  const { slug } = useMembership();
  const { snapshots, snapshotCount, taught, taughtCount, touchesCurrent } = touched;
  return (
    <>
      <section className="rl-section" aria-labelledby="taught">
        <Title order={2} size="h4" id="taught">
          Taught
        </Title>
        <Text size="sm" mb="xs">
          {taught.length === 0
            ? 'No checkpoint has learned from this.'
            : `${counted(taughtCount, 'checkpoint')}. The policy in use is ${touchesCurrent ? '' : 'not '}among them.${newestOnly(taught.length, taughtCount)}`}
        </Text>
        {taught.length > 0 && (
          <DataTable
            label="Checkpoints that were taught"
            columns={taughtColumns(slug)}
            rows={taught}
            rowKey={({ checkpoint }) => checkpoint.id}
          />
        )}
      </section>
      {snapshots.length > 0 && (
        <section className="rl-section" aria-labelledby="snapshots">
          <Title order={2} size="h4" id="snapshots">
            In snapshots
          </Title>
          {snapshots.length < snapshotCount && (
            <Text size="sm" mb="xs">
              {counted(snapshotCount, 'snapshot')}.{newestOnly(snapshots.length, snapshotCount)}
            </Text>
          )}
          <DataTable label="Snapshots" columns={SNAPSHOT_COLUMNS} rows={snapshots} rowKey={({ id }) => id} />
        </section>
      )}
    </>
  );
}

/** The whole of a long list is what `rankloop lineage --all` prints. */
function newestOnly(shown: number, all: number): string {
  return shown < all ? ` Below are the newest ${count(shown)}.` : '';
}

function taughtColumns(slug: string): Column<TaughtCheckpoint>[] {
  return [
    {
      key: 'name',
      title: 'Checkpoint',
      cell: ({ checkpoint }) => (
        <>
          <Link href={`/p/${slug}/checkpoints/${checkpoint.id}`} className="rl-link">
            {checkpoint.name}
          </Link>
          {checkpoint.isCurrent && ' ✓ in use'}
        </>
      ),
    },
    {
      key: 'kind',
      title: 'Kind',
      cell: ({ checkpoint }) => (checkpoint.kind === 'policy' ? 'policy' : 'reward model'),
    },
    {
      key: 'how',
      title: 'How',
      cell: ({ isDirect, judgements }) =>
        isDirect ? `${counted(judgements, 'judgement')} in its data` : 'through what it was made of',
    },
    { key: 'made', title: 'Made', cell: ({ checkpoint }) => <RelativeTime at={checkpoint.createdAt} /> },
  ];
}

const SNAPSHOT_COLUMNS: Column<LabelerLineage['snapshots'][number]>[] = [
  { key: 'name', title: 'Snapshot', cell: ({ name }) => name },
  { key: 'hash', title: 'Hash', cell: ({ hash }) => <ShortHash hash={hash} /> },
  {
    key: 'of',
    title: 'Judgements',
    align: 'right',
    cell: ({ of, judgements }) => `${count(of)} of ${count(judgements)}`,
  },
];
