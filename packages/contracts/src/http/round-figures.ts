// What is measured while a round runs: curves, and outputs with their scores.

import { z } from 'zod';
import { Id, Message } from '../common.ts';

/** Columns, not rows: one series is `name` with its `steps` and `values`. A long one holds its extremes only. */
export const MetricSeries = z.object({
  stage: z.string(),
  name: z.string(),
  steps: z.array(z.number().int()),
  values: z.array(z.number()),
});
export type MetricSeries = z.infer<typeof MetricSeries>;

/** One metric of one stage of a round, to be laid over those of other rounds. */
export const RoundCurve = MetricSeries.omit({ name: true }).extend({
  roundId: Id,
  roundNumber: z.number().int(),
});
export type RoundCurve = z.infer<typeof RoundCurve>;

export const RoundCurves = z.object({
  /** That was asked for. */
  metric: z.string(),
  /** Every metric that one of the rounds has, for a choice. */
  metrics: z.array(z.string()),
  curves: z.array(RoundCurve),
});
export type RoundCurves = z.infer<typeof RoundCurves>;

export const SamplePolicy = z.enum(['base', 'before', 'now']);
export type SamplePolicy = z.infer<typeof SamplePolicy>;

/** How the rewards of a round lie. */
export const RoundScores = z.object({
  /** Outputs by their score: of each policy, at its newest step, how many lie between two neighbouring edges. */
  histogram: z.object({
    edges: z.array(z.number()),
    policies: z.array(
      z.object({
        policy: SamplePolicy,
        step: z.number().int(),
        counts: z.array(z.number().int()),
        mean: z.number(),
        n: z.number().int(),
      }),
    ),
  }),
  /** Reward and KL of the same steps, by stage; of many steps the means of runs of neighbours. */
  distance: z.array(
    z.object({
      stage: z.string(),
      steps: z.array(z.number().int()),
      kl: z.array(z.number()),
      score: z.array(z.number()),
    }),
  ),
});
export type RoundScores = z.infer<typeof RoundScores>;

/** `score`, `change` (over the base), `kl` and `length` are of the newest output, largest first. */
export const SampleOrder = z.enum(['drawn', 'score', 'change', 'worst-change', 'kl', 'length']);
export type SampleOrder = z.infer<typeof SampleOrder>;

export const SampleRow = z.object({
  promptId: Id,
  conversation: z.array(Message),
  outputs: z.array(
    z.object({
      policy: SamplePolicy,
      step: z.number().int(),
      text: z.string(),
      /** As the model's tokenizer counted, the end included; null: drawn before that was kept. */
      tokens: z.number().int().nullable(),
      score: z.number().nullable(),
      kl: z.number().nullable(),
    }),
  ),
});
export type SampleRow = z.infer<typeof SampleRow>;
