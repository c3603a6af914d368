import type { MetricSeries } from '@rankloop/contracts';

/** A series keeps its colour on every page; the numbers are places in the palette of `rounds.css`. */
export interface SeriesSpec {
  /** The metric's name as training writes it. */
  metric: string;
  label: string;
  colour: number;
}

export interface ChartSpec {
  stage: 'reward' | 'ppo';
  /** What is drawn, with its unit. */
  title: string;
  /** How a healthy curve looks. */
  good: string;
  series: readonly SeriesSpec[];
  /** Lines that mean something, such as guessing. */
  even?: number;
}

export const CHARTS: readonly ChartSpec[] = [
  {
    stage: 'reward',
    title: 'Reward accuracy, share of training pairs',
    good: 'rising above 0.5 (guessing) is good',
    series: [{ metric: 'accuracy', label: 'accuracy', colour: 1 }],
    even: 0.5,
  },
  {
    stage: 'reward',
    title: 'Reward loss, nats per pair',
    good: 'falling below 0.69 (guessing) is good',
    series: [{ metric: 'loss', label: 'loss', colour: 2 }],
    even: Math.LN2,
  },
  {
    stage: 'ppo',
    title: 'Reward, deviations of the base',
    good: 'rising is good',
    series: [
      { metric: 'objective/scores', label: 'score', colour: 1 },
      { metric: 'objective/rlhf_reward', label: 'less KL cost', colour: 3 },
    ],
  },
  {
    stage: 'ppo',
    title: 'KL to reference, nats per output',
    good: 'grows slowly is healthy',
    series: [{ metric: 'objective/kl', label: 'KL', colour: 2 }],
  },
  {
    stage: 'ppo',
    title: 'Entropy, nats',
    good: 'falls slowly is healthy; a sudden fall means outputs become alike',
    series: [{ metric: 'objective/entropy', label: 'entropy', colour: 4 }],
  },
  {
    stage: 'ppo',
    title: 'Policy loss',
    good: 'near zero without jumps is healthy',
    series: [{ metric: 'loss/policy_avg', label: 'policy loss', colour: 1 }],
  },
  {
    stage: 'ppo',
    title: 'Value loss',
    good: 'falling is good',
    series: [{ metric: 'loss/value_avg', label: 'value loss', colour: 5 }],
  },
  {
    stage: 'ppo',
    title: 'Clip fraction, share of tokens',
    good: 'below 0.2 is healthy',
    series: [{ metric: 'policy/clipfrac_avg', label: 'clipped', colour: 3 }],
  },
  {
    stage: 'ppo',
    title: 'Explained variance of the critic',
    good: 'towards 1 is good; below 0 it knows nothing',
    series: [{ metric: 'explained_variance', label: 'variance', colour: 5 }],
    even: 0,
  },
  {
    stage: 'ppo',
    title: 'Speed, tokens per second',
    good: 'steady is good',
    series: [{ metric: 'tokens_per_second', label: 'tokens/s', colour: 4 }],
  },
];

/** Columns for a chart: the steps of all its series, and each series' value at them or null. */
export function columnsOf(
  spec: ChartSpec,
  all: readonly MetricSeries[],
): { steps: number[]; values: (number | null)[][] } {
  const series = spec.series.map(({ metric }) =>
    all.find(({ stage, name }) => stage === spec.stage && name === metric),
  );
  const steps = [...new Set(series.flatMap((one) => one?.steps ?? []))].sort((a, b) => a - b);
  const values = series.map((one) => {
    const at = new Map(one?.steps.map((step, i) => [step, one.values[i] ?? null]));
    return steps.map((step) => at.get(step) ?? null);
  });
  return { steps, values };
}
