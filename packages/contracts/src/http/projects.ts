import { z } from 'zod';
import { Id, Message, pageOf, PageQuery, ProjectParams, Role, Timestamp } from '../common.ts';
import { FormSpec } from '../form.ts';
import { defineRoutes, member, signedIn, siteAdmin } from './route.ts';
import { RoundSummary } from './round-summary.ts';

export const Project = z.object({
  id: Id,
  slug: z.string(),
  name: z.string(),
  description: z.string(),
  isDemo: z.boolean(),
  role: Role,
  form: FormSpec,
  formVersion: z.number().int(),
  guideline: z.string(),
  guidelineVersion: z.number().int().nullable(),
  overlap: z.number().int(),
  leaseTtlMs: z.number().int(),
  editWindowMs: z.number().int(),
  dailyGoal: z.number().int().nullable(),
  currentPolicyId: Id.nullable(),
  createdAt: Timestamp,
});
export type Project = z.infer<typeof Project>;

const settings = {
  name: z.string().trim().min(1).max(100),
  description: z.string().max(2000),
  overlap: z.number().int().min(1).max(50),
  leaseTtlMs: z.number().int().min(60_000).max(86_400_000),
  editWindowMs: z
    .number()
    .int()
    .min(0)
    .max(30 * 86_400_000),
  dailyGoal: z.number().int().min(1).max(10_000).nullable(),
};

export const CreateProjectBody = z.strictObject({
  name: settings.name,
  description: settings.description.default(''),
  form: FormSpec,
  guideline: z.string().max(200_000).default(''),
  overlap: settings.overlap.default(1),
});
export type CreateProjectBody = z.infer<typeof CreateProjectBody>;
export const UpdateProjectBody = z.strictObject({
  name: settings.name.optional(),
  description: settings.description.optional(),
  overlap: settings.overlap.optional(),
  leaseTtlMs: settings.leaseTtlMs.optional(),
  editWindowMs: settings.editWindowMs.optional(),
  dailyGoal: settings.dailyGoal.optional(),
  form: FormSpec.optional(),
  guideline: z.string().max(200_000).optional(),
});

/** The five stations of the loop, for the project's home. */
export const LoopState = z.object({
  prompts: z.object({ count: z.number().int(), heldOut: z.number().int(), newestAt: Timestamp.nullable() }),
  outputs: z.object({
    count: z.number().int(),
    openTasks: z.number().int(),
    /** That the open tasks still want. */
    openJudgements: z.number().int(),
    newestAt: Timestamp.nullable(),
  }),
  judgements: z.object({
    count: z.number().int(),
    people: z.number().int(),
    sinceLastRound: z.number().int(),
    today: z.number().int(),
    newestAt: Timestamp.nullable(),
  }),
  rewardModel: z.object({
    checkpointId: Id.nullable(),
    accuracy: z.number().nullable(),
    accuracyLow: z.number().nullable(),
    accuracyHigh: z.number().nullable(),
    newestAt: Timestamp.nullable(),
  }),
  policy: z.object({
    checkpointId: Id.nullable(),
    name: z.string().nullable(),
    winRate: z.number().nullable(),
    winRateLow: z.number().nullable(),
    winRateHigh: z.number().nullable(),
    winRateJudge: z.string().nullable(),
    newestAt: Timestamp.nullable(),
  }),
  activeRound: RoundSummary.nullable(),
  lastRounds: z.array(RoundSummary),
  next: z.object({
    sentence: z.string(),
    action: z.enum(['import', 'label', 'simulate', 'start_round', 'watch_round', 'none']),
  }),
});
export type LoopState = z.infer<typeof LoopState>;

export const PromptRow = z.object({
  id: Id,
  externalId: z.string().nullable(),
  source: z.string(),
  useCase: z.string().nullable(),
  conversation: z.array(Message),
  heldOut: z.boolean(),
  completions: z.number().int(),
  createdAt: Timestamp,
});

export const projectRoutes = defineRoutes({
  listProjects: {
    method: 'GET',
    path: '/projects',
    tag: 'projects',
    summary: 'Own projects',
    policy: signedIn('read'),
    response: z.object({ items: z.array(Project) }),
  },
  createProject: {
    method: 'POST',
    path: '/projects',
    tag: 'projects',
    summary: 'Make a project; the caller becomes its admin',
    policy: siteAdmin('admin'),
    body: CreateProjectBody,
    response: Project,
    status: 201,
  },
  getProject: {
    method: 'GET',
    path: '/projects/:projectId',
    tag: 'projects',
    summary: 'A project with its form and guideline in force',
    policy: member('labeler', 'read'),
    params: ProjectParams,
    response: Project,
  },
  updateProject: {
    method: 'PATCH',
    path: '/projects/:projectId',
    tag: 'projects',
    summary: 'Change settings; a changed form or guideline becomes a new version',
    policy: member('admin', 'admin'),
    params: ProjectParams,
    body: UpdateProjectBody,
    response: Project,
  },
  getLoop: {
    method: 'GET',
    path: '/projects/:projectId/loop',
    tag: 'projects',
    summary: 'State of the five stations and what to do next',
    policy: member('researcher', 'read'),
    params: ProjectParams,
    response: LoopState,
  },
  listPrompts: {
    method: 'GET',
    path: '/projects/:projectId/prompts',
    tag: 'prompts',
    summary: 'Prompts, newest first',
    policy: member('researcher', 'read'),
    params: ProjectParams,
    query: PageQuery,
    response: pageOf(PromptRow),
  },
  simulateLabelers: {
    method: 'POST',
    path: '/projects/:projectId/demo/simulate',
    tag: 'demo',
    summary: 'Demo only: synthetic labelers who know the gold judge open tasks over this same API',
    policy: member('researcher', 'session-only'),
    params: ProjectParams,
    body: z.strictObject({ judgements: z.number().int().min(1).max(5000).default(400) }),
    response: z.object({ runId: Id, judgements: z.number().int() }),
    status: 202,
  },
  cancelSimulation: {
    method: 'POST',
    path: '/projects/:projectId/demo/cancel',
    tag: 'demo',
    summary: 'Stop the synthetic labelers',
    policy: member('researcher', 'session-only'),
    params: ProjectParams,
    status: 204,
  },
});
