'use client';

import { Button, Text, Title } from '@mantine/core';
import {
  type CheckpointLineage,
  checkpointRoutes,
  type LineageCheck,
  type LineageLabeler,
  type LineageStep,
} from '@rankloop/contracts';
import { useMutation, useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { DataTable, type Column } from '../../components/data-table.tsx';
import { Page } from '../../components/page.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { ShortHash } from '../../components/short-hash.tsx';
import { QueryState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { count, counted } from '../../lib/format.ts';
import { useMembership } from '../../lib/session.ts';
import { usePages } from '../../lib/use-pages.ts';
import { FormError } from '../account/form-error.tsx';

/** Everything that a checkpoint comes from, back to the people. */
export function LineagePage({ checkpointId }: { checkpointId: string }) {
  const { projectId } = useMembership();
  const params = { projectId, checkpointId };
  const lineage = useQuery({
    queryKey: ['lineage', projectId, checkpointId],
    queryFn: ({ signal }) => call(checkpointRoutes.getCheckpointLineage, { params }, { signal }),
  });
  const name = lineage.data?.steps.items[0]?.checkpoint.name;
  return (
    <Page title={name === undefined ? 'Lineage' : `Lineage of ${name}`}>
      <QueryState query={lineage} lines={10}>
        {(data) => (
          <>
            <Check params={params} />
            <Steps params={params} first={data.steps} />
            <Labelers params={params} first={data.labelers} />
          </>
        )}
      </QueryState>
    </Page>
  );
}

interface Params {
  projectId: string;
  checkpointId: string;
}

const CHECKS: Record<LineageCheck['what'], string> = {
  files: 'Files',
  manifest: 'List of files',
  origin: 'What it was made of',
  snapshot: 'Judgements',
  texts: 'Prompts and outputs',
  leases: 'Leases',
};

/** Hashes are computed when somebody asks: files may be large. */
function Check({ params }: { params: Params }) {
  const check = useMutation({ mutationFn: () => call(checkpointRoutes.checkLineage, { params }) });
  return (
    <>
      <Text size="sm" mb="xs">
        Each step has a hash over its content. The check computes them anew from the files and the database.
      </Text>
      <Button variant="default" loading={check.isPending} onClick={() => check.mutate()}>
        Check the hashes
      </Button>
      <FormError error={check.error} />
      {check.data && (
        <div role="status">
          <Text fw={600} my="sm">
            {check.data.matches
              ? '✓ Everything that has a hash matches it'
              : '▲ Not everything matches its hash'}
          </Text>
          <DataTable
            label="Checks"
            columns={CHECK_COLUMNS}
            rows={check.data.checks}
            rowKey={({ what, subject }) => `${what} ${subject}`}
          />
        </div>
      )}
    </>
  );
}

const CHECK_COLUMNS: Column<LineageCheck>[] = [
  { key: 'state', title: 'State', nowrap: true, cell: ({ matches }) => stateInWords(matches) },
  { key: 'what', title: 'What', cell: ({ what }) => CHECKS[what] },
  { key: 'subject', title: 'Of', cell: ({ subject }) => subject },
  { key: 'compared', title: 'Compared', align: 'right', cell: ({ compared }) => count(compared) },
  { key: 'detail', title: 'Found', cell: ({ detail }) => detail },
];

function stateInWords(matches: boolean | null): string {
  if (matches === null) return '- no hash';
  return matches ? '✓ matches' : '▲ differs';
}

/** The first page came with the lineage; the rest is read when somebody asks. */
function Steps({ params, first }: { params: Params; first: CheckpointLineage['steps'] }) {
  const { slug } = useMembership();
  const steps = usePages<LineageStep>(
    ['lineage', params.projectId, params.checkpointId, 'steps', first],
    (cursor, signal) =>
      cursor === undefined
        ? Promise.resolve(first)
        : call(checkpointRoutes.listLineageSteps, { params, query: { cursor } }, { signal }),
  );
  const nameOf = new Map(
    (steps.rows ?? first.items).map(({ checkpoint }) => [checkpoint.id, checkpoint.name]),
  );
  const columns: Column<LineageStep>[] = [
    {
      key: 'name',
      title: 'Checkpoint',
      cell: ({ checkpoint }) => (
        <Link href={`/p/${slug}/checkpoints/${checkpoint.id}`} className="rl-link">
          {checkpoint.name}
        </Link>
      ),
    },
    {
      key: 'round',
      title: 'Round',
      cell: ({ round }) =>
        round ? (
          <Link href={`/p/${slug}/rounds/${round.id}`} className="rl-link">
            Round {round.number}
          </Link>
        ) : (
          'from outside'
        ),
    },
    {
      key: 'stages',
      title: 'Stages',
      cell: ({ stages }) => (stages.length > 0 ? stages.map(({ name }) => name).join(' → ') : '-'),
    },
    {
      key: 'snapshot',
      title: 'Data',
      cell: ({ snapshot }) =>
        snapshot ? (
          <>
            {counted(snapshot.judgements, 'judgement')} <ShortHash hash={snapshot.hash} />
          </>
        ) : (
          '-'
        ),
    },
    {
      key: 'made-of',
      title: 'Made of',
      cell: ({ madeOf }) => (madeOf.length > 0 ? madeOf.map((id) => nameOf.get(id) ?? id).join(', ') : '-'),
    },
    {
      key: 'hash',
      title: 'Files',
      cell: ({ checkpoint }) => <ShortHash hash={checkpoint.manifestHash} />,
    },
  ];
  return (
    <section className="rl-section" aria-labelledby="steps">
      <Title order={2} size="h4" id="steps">
        Step by step
      </Title>
      {first.nextCursor !== null && (
        <Text size="sm" mb="xs">
          {counted(first.count, 'checkpoint')}, the nearest first.
        </Text>
      )}
      <PagedTable
        label="Steps, the checkpoint first"
        columns={columns}
        pages={steps}
        rowKey={({ checkpoint }) => checkpoint.id}
      />
    </section>
  );
}

function Labelers({ params, first }: { params: Params; first: CheckpointLineage['labelers'] }) {
  const { slug } = useMembership();
  const labelers = usePages<LineageLabeler>(
    ['lineage', params.projectId, params.checkpointId, 'labelers', first],
    (cursor, signal) =>
      cursor === undefined
        ? Promise.resolve(first)
        : call(checkpointRoutes.listLineageLabelers, { params, query: { cursor } }, { signal }),
  );
  const columns: Column<LineageLabeler>[] = [
    {
      key: 'pseudonym',
      title: 'Labeler',
      cell: ({ userId, pseudonym, isExcluded }) => (
        <>
          <Link href={`/p/${slug}/lineage/labelers/${userId}`} className="rl-link">
            {pseudonym}
          </Link>
          {isExcluded && ' ▲ left out of later snapshots'}
        </>
      ),
    },
    { key: 'judgements', title: 'Judgements', align: 'right', cell: (row) => count(row.judgements) },
    { key: 'leases', title: 'Leases', align: 'right', cell: (row) => count(row.leases) },
  ];
  return (
    <section className="rl-section" aria-labelledby="labelers">
      <Title order={2} size="h4" id="labelers">
        Taught by
      </Title>
      {first.nextCursor !== null && (
        <Text size="sm" mb="xs">
          {counted(first.count, 'labeler')}, those with the most judgements first.
        </Text>
      )}
      {first.count === 0 ? (
        <Text size="sm" c="dimmed">
          Nobody: there are no judgements behind it.
        </Text>
      ) : (
        <PagedTable label="Labelers" columns={columns} pages={labelers} rowKey={({ userId }) => userId} />
      )}
    </section>
  );
}
