import { z } from 'zod';
import { Id, ProjectParams } from '../common.ts';
import { defineRoutes, member } from './route.ts';
import { SideRunView } from './side-runs.ts';

/** A reward model that learned from `labels` judgements, and the share of held-out pairs that it gets right. */
export const CurvePoint = z.object({ labels: z.number().int(), accuracy: z.number() });
export type CurvePoint = z.infer<typeof CurvePoint>;

/** The curve at a number of labels, with its 95 % interval. */
export const CurveForecast = z.object({
  labels: z.number().int(),
  value: z.number(),
  low: z.number(),
  high: z.number(),
});
export type CurveForecast = z.infer<typeof CurveForecast>;

/** Two ways to spend as many labels, trained and tested alike: accuracy of the first less that of the second. */
export const CurveComparison = z.object({
  /** Paired over repeats, with a 95 % interval. */
  difference: z.object({ value: z.number(), low: z.number(), high: z.number() }).nullable(),
  /** Labels that either of them learned from, on average. */
  labels: z.number().int(),
  repeats: z.number().int(),
  /** Why there is no difference to tell. */
  why: z.string().nullable(),
});
export type CurveComparison = z.infer<typeof CurveComparison>;

export const CurveResult = z.object({
  points: z.array(CurvePoint),
  /** Empty while there are too few points. */
  forecast: z.array(CurveForecast),
  /** More labels for each prompt, less as many labels for more prompts. */
  deep: CurveComparison.nullable(),
  /** Some labels for outputs of the policy in use, less all for older outputs; tested on outputs of the policy in use. */
  fresh: CurveComparison.nullable(),
  /** Why there is no curve. */
  why: z.string().nullable(),
});
export type CurveResult = z.infer<typeof CurveResult>;

export const CurveRun = SideRunView.extend({
  /** Reward models trained, and how many there will be. */
  done: z.number().int(),
  total: z.number().int(),
  secondsLeft: z.number().nullable(),
  /** That it was measured on. */
  judgements: z.number().int(),
  result: CurveResult,
});
export type CurveRun = z.infer<typeof CurveRun>;

/** What to do with the next labels. `either`: the figures do not tell the ways apart. */
export const BudgetChoice = z.enum(['prompts', 'labels', 'fresh', 'either', 'unknown']);
export type BudgetChoice = z.infer<typeof BudgetChoice>;

export const BudgetAdvice = z.object({
  choice: BudgetChoice,
  /** In plain words, what to do first. */
  sentences: z.array(z.string()),
  /** Of the reward model with the whole budget spent on more prompts. */
  forecast: CurveForecast.nullable(),
  /** Of the last measured numbers of labels. */
  now: z.object({ labels: z.number().int(), accuracy: z.number() }).nullable(),
});
export type BudgetAdvice = z.infer<typeof BudgetAdvice>;

export const BudgetView = z.object({
  /** In force, as a round freezes them. */
  judgements: z.number().int(),
  /** Of these, neither skipped nor said to be beyond ranking; and of how many prompts. */
  useful: z.number().int(),
  prompts: z.number().int(),
  /** What stands in the way of measuring; empty means it may start. */
  blockers: z.array(z.string()),
  /** The newest, whatever became of it. */
  curve: CurveRun.nullable(),
  /** The newest that came to its end: the advice is of this one. */
  measured: CurveRun.nullable(),
  advice: BudgetAdvice,
});
export type BudgetView = z.infer<typeof BudgetView>;

const RunParams = ProjectParams.extend({ curveId: Id });

export const budgetRoutes = defineRoutes({
  getBudget: {
    method: 'GET',
    path: '/projects/:projectId/budget',
    tag: 'budget',
    summary: 'The learning curve of the project, and what to do with the next `labels` judgements',
    policy: member('researcher', 'read'),
    params: ProjectParams,
    query: z.object({ labels: z.coerce.number().int().min(1).max(1_000_000).default(200) }),
    response: BudgetView,
  },
  startCurve: {
    method: 'POST',
    path: '/projects/:projectId/budget/curves',
    tag: 'budget',
    summary: 'Measure the learning curve on all judgements up to now; 409 while one is being measured',
    policy: member('researcher', 'train'),
    params: ProjectParams,
    response: CurveRun,
    status: 201,
  },
  cancelCurve: {
    method: 'POST',
    path: '/projects/:projectId/budget/curves/:curveId/cancel',
    tag: 'budget',
    summary: 'Stop measuring',
    policy: member('researcher', 'train'),
    params: RunParams,
    response: CurveRun,
  },
});
