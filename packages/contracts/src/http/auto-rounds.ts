import { z } from 'zod';
import { Id, ProjectParams, Timestamp } from '../common.ts';
import { defineRoutes, member } from './route.ts';

/** By how much a new policy may be worse than the one in use and still take its place; shares of 0..1. */
export const PromotionGate = z.strictObject({
  /** Of the reward model's held-out accuracy. */
  accuracyMargin: z.number().min(0).max(1).default(0.02),
  /** Of the win rate over the base. */
  winRateMargin: z.number().min(0).max(1).default(0.05),
});
export type PromotionGate = z.infer<typeof PromotionGate>;

/** When a project starts a round by itself. Times of day are UTC. */
export const AutoRoundTrigger = z.discriminatedUnion('when', [
  z.strictObject({ when: z.literal('never') }),
  z.strictObject({
    when: z.literal('judgements'),
    /** New ones since the snapshot of the last round. */
    count: z.number().int().min(1).max(1_000_000),
  }),
  z.strictObject({
    when: z.literal('hours'),
    hours: z
      .number()
      .int()
      .min(1)
      .max(24 * 90),
  }),
  z.strictObject({
    when: z.literal('daily'),
    at: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'Give a time of day as HH:MM, such as 03:30.'),
  }),
]);
export type AutoRoundTrigger = z.infer<typeof AutoRoundTrigger>;

export const AutoRoundSettings = z.strictObject({
  trigger: AutoRoundTrigger.default({ when: 'never' }),
  /** The round whose stages and settings are taken; null: the defaults of the project. */
  likeRoundId: Id.nullable().default(null),
  gate: PromotionGate.prefault({}),
  /** Rounds that a person starts pass the gate as well; else their policy is always put in use. */
  gateByHand: z.boolean().default(false),
});
export type AutoRoundSettings = z.infer<typeof AutoRoundSettings>;

export const AutoRoundState = z.object({
  settings: AutoRoundSettings,
  /** Since the snapshot of the last round. */
  newJudgements: z.number().int(),
  /**
   * When the schedule starts the next one; null where there is none. In the past: it starts as soon as something new was
   * judged and no other round is at work.
   */
  nextAt: Timestamp.nullable(),
  /** Why the last try started nothing. */
  note: z.string().nullable(),
  /** What keeps the rule from ever putting a policy in use. */
  warning: z.string().nullable(),
  /** Rounds whose settings may be taken, newest first. */
  rounds: z.array(z.object({ id: Id, number: z.number().int(), recipe: z.string() })),
});
export type AutoRoundState = z.infer<typeof AutoRoundState>;

export const autoRoundRoutes = defineRoutes({
  getAutoRounds: {
    method: 'GET',
    path: '/projects/:projectId/auto-rounds',
    tag: 'rounds',
    summary: 'When the project starts rounds by itself, and what a new policy has to reach',
    policy: member('researcher', 'read'),
    params: ProjectParams,
    response: AutoRoundState,
  },
  updateAutoRounds: {
    method: 'PUT',
    path: '/projects/:projectId/auto-rounds',
    tag: 'rounds',
    summary: 'Change when rounds start by themselves, and the gate',
    policy: member('admin', 'admin'),
    params: ProjectParams,
    body: AutoRoundSettings,
    response: AutoRoundState,
  },
});
