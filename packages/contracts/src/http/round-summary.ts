import { z } from 'zod';
import { Id, Timestamp } from '../common.ts';
import { RecipeName } from '../recipes/recipe-name.ts';

export const RoundState = z.enum([
  'queued',
  'running',
  'cancelling',
  'cancelled',
  'succeeded',
  'failed',
  'diverged',
]);
export type RoundState = z.infer<typeof RoundState>;

const Interval = z.object({ value: z.number(), low: z.number(), high: z.number(), n: z.number().int() });

/** New policy over base; `judge` says whose win rate: "gold" in the demo, else "reward model". */
export const WinRate = Interval.extend({ judge: z.string() });

export const RoundReport = z.object({
  judgements: z.number().int().optional(),
  trainingPrompts: z.number().int().optional(),
  heldOutPrompts: z.number().int().optional(),
  rewardAccuracy: Interval.optional(),
  /** Share of the reward model's score that PPO was given, 0..1: held-out labels decide how far it is believed. */
  rewardConfidence: z.number().optional(),
  /** Predicted against observed share, with its 95 % interval over prompts and the pairs in the bin. */
  calibration: z
    .array(
      z.object({
        predicted: z.number(),
        observed: z.number(),
        // Absent in rounds of before intervals were measured.
        low: z.number().optional(),
        high: z.number().optional(),
        n: z.number().int(),
      }),
    )
    .optional(),
  winRate: WinRate.optional(),
  /** Of the policy that the round began from, on the same prompts by the same judge. */
  previousWinRate: WinRate.optional(),
  /** Whether the new policy was put in use by itself, and why not. */
  promotion: z.object({ promoted: z.boolean(), reasons: z.array(z.string()) }).optional(),
  finalKl: z.number().optional(),
  newTasks: z.number().int().optional(),
  warnings: z.array(z.string()).optional(),
});
export type RoundReport = z.infer<typeof RoundReport>;

export const RoundSummary = z.object({
  id: Id,
  number: z.number().int(),
  state: RoundState,
  /** Of the last policy, or of the reward model where the round trains no policy. */
  recipe: z.string(),
  judgementCount: z.number().int().nullable(),
  snapshotHash: z.string().nullable(),
  startedBy: z.string().nullable(),
  /** Started by the project's own rule. */
  isAutomatic: z.boolean(),
  createdAt: Timestamp,
  startedAt: Timestamp.nullable(),
  endedAt: Timestamp.nullable(),
  reason: z.string().nullable(),
  report: RoundReport,
  /** Reward by iteration, at most 60 points, for a sparkline. */
  spark: z.array(z.number()),
  progress: z.object({
    stage: z.string().nullable(),
    /** Of the stage under way; null at the stations that every round has. */
    recipe: RecipeName.nullable(),
    fraction: z.number(),
    secondsLeft: z.number().nullable(),
  }),
});
export type RoundSummary = z.infer<typeof RoundSummary>;
