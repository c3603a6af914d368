'use client';

import { Button, Checkbox } from '@mantine/core';
import { RecipeName, RECIPES, roundRoutes, type RoundSummary } from '@rankloop/contracts';
import Link from 'next/link';
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
import { useNow } from '../../lib/use-now.ts';
import { useRefresh } from '../../lib/use-refresh.ts';
import { CompareRounds } from './compare-rounds.tsx';
import { queryOf } from './round-filters.ts';
import { isActive, RoundStateText } from './round-state.tsx';
import './rounds.css';
import { RoundsFilters } from './rounds-filters.tsx';
import { starterInWords } from './starter-in-words.ts';
import { useRoundFilters } from './use-round-filters.ts';
import { roundKeys } from './use-round.ts';

const PER_PAGE = 30;

export function RoundsPage() {
  const { projectId, slug } = useMembership();
  const { filters, change } = useRoundFilters();
  const query = queryOf(filters, useNow().getTime());
  const key = roundKeys.list(projectId);
  const pages = usePages([...key, query], (cursor, signal) =>
    call(
      roundRoutes.listRounds,
      { params: { projectId }, query: { ...query, cursor, limit: PER_PAGE } },
      { signal },
    ),
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
  const isFiltered = Object.keys(query ?? {}).length > 0;
  const isEmpty = pages.rows?.length === 0 && !isFiltered;
  return (
    <Page title="Rounds" actions={isEmpty ? undefined : start}>
      {!isEmpty && <RoundsFilters filters={filters} onChange={change} />}
      {filters.compare.length > 0 && (
        <CompareRounds
          rounds={filters.compare}
          metric={filters.metric}
          onMetric={(metric) => change({ metric })}
          onClear={() => change({ compare: [] })}
        />
      )}
      <QueryState query={{ ...pages, data: pages.rows }}>
        {(rows) =>
          isEmpty ? (
            <div className="rl-panel">
              <EmptyState title="No round yet" action={start}>
                A round freezes the judgements, trains a reward model on them, improves the policy with it,
                and brings new outputs to the labelers. It needs some judgements first.
              </EmptyState>
            </div>
          ) : (
            <DataTable
              label="Rounds"
              columns={columnsFor(filters.compare, (compare) => change({ compare }))}
              rows={rows}
              rowKey={(round) => round.id}
              link={{ column: 'number', href: (round) => `/p/${slug}/rounds/${round.id}` }}
              onMore={pages.onMore}
              loadingMore={pages.loadingMore}
              empty={
                <EmptyState title="No such round">
                  No round has this status, recipe, person and time. Show all, or ask for less.
                </EmptyState>
              }
            />
          )
        }
      </QueryState>
    </Page>
  );
}

/** With a box in each row that adds its round to those compared. */
function columnsFor(
  compared: readonly string[],
  onCompare: (compared: readonly string[]) => void,
): Column<RoundSummary>[] {
  const select: Column<RoundSummary> = {
    key: 'compare',
    title: 'Compare',
    cell: (round) => (
      <Checkbox
        size="xs"
        aria-label={`Compare round ${round.number}`}
        checked={compared.includes(round.id)}
        onChange={(event) =>
          onCompare(
            event.currentTarget.checked ? [...compared, round.id] : compared.filter((id) => id !== round.id),
          )
        }
      />
    ),
  };
  return [select, ...COLUMNS];
}

const COLUMNS: readonly Column<RoundSummary>[] = [
  {
    key: 'number',
    title: 'Round',
    nowrap: true,
    cell: ({ number }) => <strong>Round {number}</strong>,
  },
  {
    key: 'state',
    title: 'Status',
    nowrap: true,
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
