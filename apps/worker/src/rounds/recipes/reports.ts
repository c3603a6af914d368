import type { StageReport } from '@rankloop/contracts';
import { z } from 'zod';

// What results of several recipes have in common. Figures that were not numbers are absent.

export const Interval = z.object({
  value: z.number(),
  low: z.number(),
  high: z.number(),
  n: z.number().int(),
});
export type Interval = z.infer<typeof Interval>;

export const Figures = z.record(z.string(), z.number());

export const percent = (share: number): string => `${Math.round(share * 100)} %`;
export const seconds = (value: number): string => `${Math.round(value)} s`;

/** Without what is absent. */
export function figures(values: Record<string, number | null | undefined>): Pick<StageReport, 'figures'> {
  const known = Object.entries(values).flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [[name, value] as const],
  );
  return { figures: Object.fromEntries(known) };
}

/** KL to the reference at the end of a policy's training, where the recipe measures it. */
export function klOf(final: Record<string, number>): Pick<StageReport, 'finalKl'> {
  const kl = final['objective/kl'];
  return kl === undefined ? {} : { finalKl: kl };
}

/** What candidates' recipes measure on prompts that none of them learned: the reward before and after. */
export const RewardChange = z.object({
  before: z.number().optional(),
  after: z.number().optional(),
  winRate: Interval,
});
export type RewardChange = z.infer<typeof RewardChange>;

export function rewardFigures(change: RewardChange | null): Record<string, number | undefined> {
  return { rewardBefore: change?.before, rewardAfter: change?.after, rewardWinRate: change?.winRate.value };
}

export function describeChange(change: RewardChange | null): string {
  if (change?.before === undefined || change.after === undefined) return '';
  return ` Its reward on held-out prompts went from ${change.before.toFixed(2)} to ${change.after.toFixed(2)}.`;
}
