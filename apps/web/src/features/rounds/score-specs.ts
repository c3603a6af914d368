import type { RoundReport, RoundScores, SamplePolicy } from '@rankloop/contracts';
import type { ChartColumns, ChartSpec, SeriesSpec } from './chart-spec.ts';

const POLICIES: Record<SamplePolicy, Pick<SeriesSpec, 'label' | 'colour'>> = {
  base: { label: 'base', colour: 2 },
  before: { label: 'before this round', colour: 3 },
  now: { label: 'now', colour: 1 },
};

type Bin = NonNullable<RoundReport['calibration']>[number];

interface Drawing {
  spec: ChartSpec;
  columns: ChartColumns;
}

/** Outputs by score, each policy as shares of its own outputs; null without scores. */
export function histogramChart({ edges, policies: all }: RoundScores['histogram']): Drawing | null {
  if (all.length === 0) return null;
  // Where the policy before is the base, as in a project's first round, one line would hide the other.
  const [base, before] = [find(all, 'base'), find(all, 'before')];
  const isOne = base !== undefined && before !== undefined && liesAs(base, before);
  const policies = isOne ? all.filter((one) => one !== before) : all;
  const labelOf = (policy: SamplePolicy) =>
    isOne && policy === 'base' ? 'base and before' : POLICIES[policy].label;
  return {
    spec: {
      title: 'Outputs by score, share of each policy',
      good: 'the new policy further to the right is good; one narrow peak means that outputs are alike',
      x: 'score',
      series: policies.map(({ policy, n }) => ({
        metric: policy,
        ...POLICIES[policy],
        label: `${labelOf(policy)}, ${n} outputs`,
        marks: 'steps' as const,
      })),
    },
    columns: {
      x: edges,
      // A step goes on to the next edge: the last one is drawn to the end.
      values: policies.map(({ counts, n }) => [...counts, counts.at(-1) ?? 0].map((one) => one / n)),
    },
  };
}

type Scored = RoundScores['histogram']['policies'][number];

function find(all: readonly Scored[], policy: SamplePolicy): Scored | undefined {
  return all.find((one) => one.policy === policy);
}

/** The same scores, whatever order their mean was summed in. */
function liesAs(one: Scored, other: Scored): boolean {
  return one.counts.join() === other.counts.join() && Math.abs(one.mean - other.mean) < 1e-9;
}

/** Reward against the root of KL, in which it is about linear (Bai et al. 2022) until the policy overdoes it. */
export function distanceChart({ stage, kl, score }: RoundScores['distance'][number]): Drawing {
  // A small negative estimate of KL is noise around 0.
  const points = kl
    .map((nats, i) => ({ x: Math.sqrt(Math.max(0, nats)), y: score[i] ?? null }))
    .sort((a, b) => a.x - b.x);
  return {
    spec: {
      title: `Reward against distance, stage ${stage}`,
      good: 'about a straight line is usual (Bai 2022); where it bends down, more distance costs reward',
      x: '√KL, in √nats',
      series: [{ metric: 'objective/scores', label: 'score', colour: 1, marks: 'dots' }],
    },
    columns: { x: points.map(({ x }) => x), values: [points.map(({ y }) => y)] },
  };
}

/** The line of perfect calibration goes from guessing to certainty, also where there are no bins. */
export function calibrationColumns(bins: readonly Bin[]): ChartColumns {
  const sorted = [...bins].sort((a, b) => a.predicted - b.predicted);
  const ends = [0.5, 1].filter((end) => sorted.every(({ predicted }) => predicted !== end));
  const rows = [
    ...sorted.map(({ predicted, observed, low, high }) => ({
      x: predicted,
      observed,
      low: low ?? null,
      high: high ?? null,
    })),
    ...ends.map((x) => ({ x, observed: null, low: null, high: null })),
  ].sort((a, b) => a.x - b.x);
  return {
    x: rows.map(({ x }) => x),
    values: [
      rows.map(({ observed }) => observed),
      rows.map(({ x }) => x),
      rows.map(({ low }) => low),
      rows.map(({ high }) => high),
    ],
  };
}
