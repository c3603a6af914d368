import { z } from 'zod';

/** Names that are there without a stage that makes them, and stations that every round has. */
export const RESERVED_STAGE_NAMES = [
  'start',
  'base',
  'current',
  'snapshot',
  'sample',
  'queue',
] as const satisfies readonly string[];

/** Policies that a stage may take without an earlier stage having made them. */
export const GIVEN_POLICIES = {
  start: 'The policy that the round begins from.',
  base: 'The first policy of its line.',
} as const;
export type GivenPolicy = keyof typeof GIVEN_POLICIES;

export function isGivenPolicy(name: string): name is GivenPolicy {
  return name in GIVEN_POLICIES;
}

const SLUG = /^[a-z][a-z0-9-]{0,39}$/;

/** Of a stage, and of what it makes. */
export const StageName = z
  .string()
  .regex(SLUG, 'Use lower-case letters, digits and hyphens, beginning with a letter; at most 40.');

/** One reward model, or several whose normalised scores are mixed by the share of their weights. */
export const RewardInput = z.union([
  StageName,
  z
    .array(
      z.strictObject({ stage: StageName, weight: z.number().positive('Give a weight above 0.').max(1000) }),
    )
    .min(1)
    .max(8),
]);
export type RewardInput = z.infer<typeof RewardInput>;
