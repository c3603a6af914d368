import { z } from 'zod';
import { Id, pageOf, PageQuery, ProjectParams, Timestamp } from '../common.ts';
import { RoundConfig } from '../recipes/pipeline.ts';
import { RecipeName } from '../recipes/recipe-name.ts';
import { defineRoutes, member } from './route.ts';
import { MetricSeries, RoundCurves, RoundScores, SampleOrder, SampleRow } from './round-figures.ts';
import { RoundReport, RoundState, RoundSummary } from './round-summary.ts';

/** What one stage found out; `figures` are the recipe's own, by name. */
export const StageReport = RoundReport.extend({ figures: z.record(z.string(), z.number()).optional() });
export type StageReport = z.infer<typeof StageReport>;

export const StageView = z.object({
  name: z.string(),
  /** Null for the stations that every round has: snapshot, sample, queue. */
  recipe: RecipeName.nullable(),
  report: StageReport,
  state: z.enum(['waiting', 'running', 'done', 'failed', 'skipped']),
  step: z.number().int(),
  totalSteps: z.number().int(),
  message: z.string().nullable(),
  startedAt: Timestamp.nullable(),
  endedAt: Timestamp.nullable(),
  secondsLeft: z.number().nullable(),
});
export type StageView = z.infer<typeof StageView>;

export const RoundDetail = RoundSummary.extend({
  attempt: z.number().int(),
  config: RoundConfig,
  baseCheckpointId: Id,
  stages: z.array(StageView),
  engine: z.record(z.string(), z.unknown()).nullable(),
  /** Sentences when a limit is crossed. */
  health: z.array(z.object({ level: z.enum(['info', 'warning', 'danger']), text: z.string() })),
  checkpoints: z.array(
    z.object({
      id: Id,
      kind: z.enum(['policy', 'reward']),
      name: z.string(),
      /** That made it. */
      stage: z.string().nullable(),
      promotedAt: Timestamp.nullable(),
    }),
  ),
  log: z.array(z.object({ at: Timestamp, level: z.string(), message: z.string() })),
  /** When the points between the extremes of its curves were given up; null: all are there. */
  metricsThinnedAt: Timestamp.nullable(),
});
export type RoundDetail = z.infer<typeof RoundDetail>;

export const StartRoundBody = z.strictObject({
  /** Absent: a new snapshot of all judgements up to now. */
  snapshotId: Id.optional(),
  /** Absent: the policy in use. */
  baseCheckpointId: Id.optional(),
  config: RoundConfig.optional(),
});

/** How long a round would take, from what stages have taken here. */
export const RoundEstimate = z.object({
  seconds: z.number(),
  /**
   * The weakest of what its parts are known by: earlier rounds with this engine and a model of this size; the speed that a
   * worker has measured here; or a guess from other stages, models or engines.
   */
  basis: z.enum(['rounds', 'speed', 'guess']),
  /** Earlier rounds that it looked at. */
  rounds: z.number().int(),
});
export type RoundEstimate = z.infer<typeof RoundEstimate>;

export const RoundDraft = z.object({
  judgements: z.number().int(),
  newSinceLastRound: z.number().int(),
  usablePairs: z.number().int(),
  prompts: z.number().int(),
  people: z.number().int(),
  defaults: RoundConfig,
  /** What stands in the way; empty means it may start. */
  blockers: z.array(z.string()),
  warnings: z.array(z.string()),
  estimate: RoundEstimate.nullable(),
  baseCheckpoints: z.array(z.object({ id: Id, name: z.string(), isCurrent: z.boolean() })),
  snapshots: z.array(z.object({ id: Id, name: z.string(), judgementCount: z.number().int() })),
  /** Pretraining texts of the project, newest first. */
  corpora: z.array(z.object({ name: z.string(), texts: z.number().int() })),
});
export type RoundDraft = z.infer<typeof RoundDraft>;

export const CheckRoundBody = z.strictObject({
  /** Absent: all judgements up to now. */
  snapshotId: Id.optional(),
  /** Absent: the policy in use. Its size matters for the time. */
  baseCheckpointId: Id.optional(),
  config: RoundConfig,
});

/** Whether a round with these stages could start, before it does. */
export const RoundCheck = z.object({
  /** What stands in the way; empty means it may start. */
  blockers: z.array(z.string()),
  warnings: z.array(z.string()),
  estimate: RoundEstimate.nullable(),
});
export type RoundCheck = z.infer<typeof RoundCheck>;

export const MAX_COMPARED_ROUNDS = 20;

/** Ids with commas between them, as an address can carry them. */
const RoundIds = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(Id).min(1).max(MAX_COMPARED_ROUNDS));

const RoundParams = ProjectParams.extend({ roundId: Id });

export const roundRoutes = defineRoutes({
  draftRound: {
    method: 'GET',
    path: '/projects/:projectId/rounds/draft',
    tag: 'rounds',
    summary: 'What a round started now would use, what is missing, and the defaults',
    policy: member('researcher', 'read'),
    params: ProjectParams,
    response: RoundDraft,
  },
  checkRound: {
    method: 'POST',
    path: '/projects/:projectId/rounds/check',
    tag: 'rounds',
    summary: 'What stands in the way of a round with these stages; starts nothing',
    policy: member('researcher', 'read'),
    params: ProjectParams,
    body: CheckRoundBody,
    response: RoundCheck,
  },
  listRounds: {
    method: 'GET',
    path: '/projects/:projectId/rounds',
    tag: 'rounds',
    summary: 'Rounds, newest first; of one state, recipe, person or time',
    policy: member('researcher', 'read'),
    params: ProjectParams,
    query: PageQuery.extend({
      state: RoundState.optional(),
      recipe: RecipeName.optional(),
      /** Who started it; `rule`: the project's own rule. */
      startedBy: z.union([z.literal('rule'), Id]).optional(),
      since: Timestamp.optional(),
      until: Timestamp.optional(),
    }),
    response: pageOf(RoundSummary),
  },
  listRoundStarters: {
    method: 'GET',
    path: '/projects/:projectId/rounds/starters',
    tag: 'rounds',
    summary: 'People who have started rounds',
    policy: member('researcher', 'read'),
    params: ProjectParams,
    response: z.object({ items: z.array(z.object({ id: Id, name: z.string() })) }),
  },
  getRoundCurves: {
    method: 'GET',
    path: '/projects/:projectId/rounds/curves',
    tag: 'rounds',
    summary: 'One metric of several rounds, downsampled to at most `points` per curve',
    policy: member('researcher', 'read'),
    params: ProjectParams,
    query: z.object({
      rounds: RoundIds,
      metric: z.string().min(1).max(80),
      points: z.coerce.number().int().min(10).max(5000).default(1000),
    }),
    response: RoundCurves,
  },
  startRound: {
    method: 'POST',
    path: '/projects/:projectId/rounds',
    tag: 'rounds',
    summary: 'Start a round; 409 with its id when one is active',
    policy: member('researcher', 'train'),
    params: ProjectParams,
    body: StartRoundBody,
    response: RoundDetail,
    status: 201,
  },
  getRound: {
    method: 'GET',
    path: '/projects/:projectId/rounds/:roundId',
    tag: 'rounds',
    summary: 'A round with stages, health notes and log',
    policy: member('researcher', 'read'),
    params: RoundParams,
    response: RoundDetail,
  },
  cancelRound: {
    method: 'POST',
    path: '/projects/:projectId/rounds/:roundId/cancel',
    tag: 'rounds',
    summary: 'Stop a round; the old policy stays',
    policy: member('researcher', 'train'),
    params: RoundParams,
    response: RoundDetail,
  },
  retryRound: {
    method: 'POST',
    path: '/projects/:projectId/rounds/:roundId/retry',
    tag: 'rounds',
    summary: 'Run a failed, cancelled or diverged round again from its last checkpoint',
    policy: member('researcher', 'train'),
    params: RoundParams,
    response: RoundDetail,
  },
  getRoundMetrics: {
    method: 'GET',
    path: '/projects/:projectId/rounds/:roundId/metrics',
    tag: 'rounds',
    summary: 'Curves, downsampled to at most `points` per series',
    policy: member('researcher', 'read'),
    params: RoundParams,
    query: z.object({
      points: z.coerce.number().int().min(10).max(5000).default(1000),
      stage: z.string().max(40).optional(),
    }),
    response: z.object({ series: z.array(MetricSeries) }),
  },
  getRoundScores: {
    method: 'GET',
    path: '/projects/:projectId/rounds/:roundId/scores',
    tag: 'rounds',
    summary: 'Outputs by their score, and reward against KL',
    policy: member('researcher', 'read'),
    params: RoundParams,
    response: RoundScores,
  },
  listRoundSamples: {
    method: 'GET',
    path: '/projects/:projectId/rounds/:roundId/samples',
    tag: 'rounds',
    summary: 'Outputs of base, before and now on the same prompts',
    policy: member('researcher', 'read'),
    params: RoundParams,
    query: PageQuery.extend({
      /** Words of the prompt or of an output. */
      search: z.string().trim().max(200).optional(),
      order: SampleOrder.default('drawn'),
    }),
    response: pageOf(SampleRow),
  },
});
