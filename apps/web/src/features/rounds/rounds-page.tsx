'use client';

import { Button, Checkbox, Title } from '@mantine/core';
import { RecipeName, RECIPES, type RoundSummary } from '@rankloop/contracts';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { DataTable, type Column } from '../../components/data-table.tsx';
import { Page } from '../../components/page.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { ShortHash } from '../../components/short-hash.tsx';
import { Sparkline } from '../../components/sparkline.tsx';
import { EmptyState, QueryState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { count, percent, percentInterval } from '../../lib/format.ts';
import { useLive } from '../../lib/live.ts';
import { useMembership } from '../../lib/session.ts';
import { duration } from '../../lib/time.ts';
import { usePages } from '../../lib/use-pages.ts';
import { useRefresh } from '../../lib/use-refresh.ts';
import { Overlay } from './overlay.tsx';
import { isActive, RoundStateText } from './round-state.tsx';
import { starterInWords } from './starter-in-words.ts';
import './rounds.css';
import { roundKeys } from './use-round.ts';

const PER_PAGE = 30;

export function RoundsPage() {
  const { projectId, slug } = useMembership();
  const key = roundKeys.list(projectId);
  const pages = usePages(key, (cursor, signal) =>
    call('listRounds', { params: { projectId }, query: { cursor, limit: PER_PAGE } }, { signal }),
  );
  const refresh = useRefresh(key);
  useLive('round', (event) => {
    if (event.projectId === projectId) refresh();
  });
  const start = (
    <Button component={Link} href={`/p/${slug}/rounds/new`}>
      Start round
    </Button>
  );
  const isEmpty = pages.rows?.length === 0;
  return (
    <Page title="Rounds" actions={isEmpty ? undefined : start}>
      <QueryState query={{ ...pages, data: pages.rows }}>
        {(rows) =>
          rows.length === 0 ? (
            <div className="rl-panel">
              <EmptyState title="No round yet" action={start}>
                A round freezes the judgements, trains a reward model on them, improves the policy with it,
                and brings new outputs to the labelers. It needs some judgements first.
              </EmptyState>
            </div>
          ) : (
            <RoundTable rows={rows} onMore={pages.onMore} loadingMore={pages.loadingMore} />
          )
        }
      </QueryState>
    </Page>
  );
}

interface RoundTableProps {
  rows: readonly RoundSummary[];
  onMore: (() => void) | undefined;
  loadingMore: boolean;
}

function RoundTable({ rows, onMore, loadingMore }: RoundTableProps) {
  const router = useRouter();
  const { slug } = useMembership();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const choose = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  const select: Column<RoundSummary> = {
    key: 'overlay',
    title: 'Compare',
    cell: (round) => (
      <Checkbox
        size="xs"
        aria-label={`Compare round ${round.number}`}
        checked={chosen.has(round.id)}
        onChange={() => choose(round.id)}
      />
    ),
  };
  const compared = rows.filter(({ id }) => chosen.has(id));
  return (
    <>
      {compared.length > 0 && (
        <section className="rl-panel rounds-chart" aria-labelledby="overlay">
          <Title order={2} size="h5" id="overlay">
            Reward per iteration: rising is good
          </Title>
          <Overlay rounds={compared} />
        </section>
      )}
      <DataTable
        label="Rounds"
        columns={[select, ...COLUMNS]}
        rows={rows}
        rowKey={(round) => round.id}
        onOpen={(round) => router.push(`/p/${slug}/rounds/${round.id}`)}
        onMore={onMore}
        loadingMore={loadingMore}
      />
    </>
  );
}

const COLUMNS: readonly Column<RoundSummary>[] = [
  { key: 'number', title: 'Round', cell: (round) => <strong>{round.number}</strong> },
  {
    key: 'state',
    title: 'Status',
    cell: (round) => (
      <>
        <RoundStateText state={round.state} />
        {isActive(round.state) && ` ${percent(round.progress.fraction)}`}
      </>
    ),
  },
  {
    key: 'accuracy',
    title: 'Held-out accuracy',
    align: 'right',
    cell: ({ report }) => <Share interval={report.rewardAccuracy} />,
  },
  {
    key: 'winRate',
    title: 'Win rate over base',
    align: 'right',
    cell: ({ report }) => <Share interval={report.winRate} />,
  },
  {
    key: 'spark',
    title: 'Reward',
    cell: (round) => <Sparkline values={round.spark} label={`Reward of round ${round.number}`} />,
  },
  { key: 'recipe', title: 'Recipe', cell: (round) => recipeLabel(round.recipe) },
  {
    key: 'data',
    title: 'Judgements',
    align: 'right',
    cell: (round) => (round.judgementCount === null ? '-' : count(round.judgementCount)),
  },
  { key: 'hash', title: 'Snapshot', cell: (round) => <ShortHash hash={round.snapshotHash} /> },
  { key: 'who', title: 'Started by', nowrap: true, cell: starterInWords },
  { key: 'when', title: 'Started', cell: (round) => <RelativeTime at={round.createdAt} /> },
  { key: 'duration', title: 'Took', align: 'right', cell: (round) => <Took round={round} /> },
];

function Took({ round: { startedAt, endedAt } }: { round: RoundSummary }) {
  if (startedAt === null || endedAt === null) return <span>-</span>;
  return (
    <span style={{ whiteSpace: 'nowrap' }}>{duration(Date.parse(endedAt) - Date.parse(startedAt))}</span>
  );
}

function Share({ interval }: { interval: { value: number; low: number; high: number } | undefined }) {
  if (!interval) return <span>-</span>;
  return <span title={`${percentInterval(interval)}, 95 % interval`}>{percent(interval.value)}</span>;
}

function recipeLabel(name: string): string {
  const recipe = RecipeName.safeParse(name);
  return recipe.success ? RECIPES[recipe.data].label : name;
}
