import type { MetricName, RecipeName } from '@rankloop/contracts';
import type { ChartSpec, SeriesSpec } from './chart-spec.ts';

interface KnownChart extends ChartSpec {
  series: readonly (SeriesSpec & { metric: MetricName })[];
  /** Absent: of whichever recipe draws one of its series. */
  recipes?: readonly RecipeName[];
}

/** Charts that we can say something about, in the order in which a page shows them. */
export const KNOWN_CHARTS: readonly KnownChart[] = [
  {
    recipes: ['reward'],
    title: 'Reward accuracy, share of training pairs',
    good: 'rising above 0.5 (guessing) is good',
    series: [{ metric: 'accuracy', label: 'accuracy', colour: 1 }],
    even: 0.5,
  },
  {
    recipes: ['reward'],
    title: 'Reward loss, nats per pair',
    good: 'falling below 0.69 (guessing) is good',
    series: [{ metric: 'loss', label: 'loss', colour: 2 }],
    even: Math.LN2,
  },
  {
    title: 'Reward, deviations of the base',
    good: 'rising is good',
    series: [
      { metric: 'objective/scores', label: 'score', colour: 1 },
      { metric: 'objective/rlhf_reward', label: 'less KL cost', colour: 3 },
    ],
  },
  {
    title: 'KL to reference, nats per output',
    good: 'grows slowly is healthy',
    series: [{ metric: 'objective/kl', label: 'KL', colour: 2 }],
  },
  {
    title: 'Reward of the drawn candidates',
    good: 'rising from step to step is good; the chosen lie above the drawn',
    series: [
      { metric: 'reward', label: 'drawn', colour: 2 },
      { metric: 'reward_chosen', label: 'chosen', colour: 1 },
      { metric: 'reward_held_out', label: 'held-out prompts', colour: 3 },
    ],
  },
  {
    title: 'Lead of the preferred outputs over the reference, nats',
    good: 'rising is good; when both sides fall far, the policy forgets to write',
    series: [
      { metric: 'rewards/chosen', label: 'preferred', colour: 1 },
      { metric: 'rewards/rejected', label: 'other', colour: 2 },
      { metric: 'rewards/margins', label: 'lead', colour: 3 },
    ],
    even: 0,
  },
  {
    title: 'Training pairs in the right order, share',
    good: 'rising above 0.5 (guessing) is good',
    series: [{ metric: 'rewards/accuracies', label: 'right', colour: 1 }],
    even: 0.5,
  },
  {
    title: 'Log-probability of whole outputs, nats',
    good: 'steady for the preferred is good',
    series: [
      { metric: 'logps/chosen', label: 'preferred', colour: 1 },
      { metric: 'logps/rejected', label: 'other', colour: 2 },
    ],
  },
  {
    title: 'Entropy, nats',
    good: 'falls slowly is healthy; a sudden fall means outputs become alike',
    series: [{ metric: 'objective/entropy', label: 'entropy', colour: 4 }],
  },
  {
    title: 'Policy loss',
    good: 'near zero without jumps is healthy',
    series: [{ metric: 'loss/policy_avg', label: 'policy loss', colour: 1 }],
  },
  {
    title: 'Value loss',
    good: 'falling is good',
    series: [{ metric: 'loss/value_avg', label: 'value loss', colour: 5 }],
  },
  {
    title: 'Loss',
    good: 'falling is good; above its start something is wrong',
    series: [{ metric: 'loss', label: 'loss', colour: 2 }],
  },
  {
    title: 'Loss on the pretraining texts, nats per token',
    good: 'staying low is good: the policy keeps its language',
    series: [{ metric: 'ptx/loss', label: 'loss', colour: 2 }],
  },
  {
    title: 'Clip fraction, share of tokens',
    good: 'below 0.2 is healthy',
    series: [{ metric: 'policy/clipfrac_avg', label: 'clipped', colour: 3 }],
  },
  {
    title: 'Explained variance of the critic',
    good: 'towards 1 is good; below 0 it knows nothing',
    series: [{ metric: 'explained_variance', label: 'variance', colour: 5 }],
    even: 0,
  },
  {
    title: 'Speed, tokens per second',
    good: 'steady is good',
    series: [{ metric: 'tokens_per_second', label: 'tokens/s', colour: 4 }],
  },
];
