import { z } from 'zod';
import { Id, Message, pageOf, PageQuery, ProjectParams, Timestamp } from '../common.ts';
import { FormSpec } from '../form.ts';
import { JudgementBody, JudgementOutcome } from '../judgement.ts';
import { defineRoutes, member } from './route.ts';

/** A task under a lease, as one labeler sees it: shuffled, without model names. */
export const LeasedTask = z.object({
  leaseId: Id,
  taskId: Id,
  expiresAt: Timestamp,
  form: FormSpec,
  formVersionId: Id,
  conversation: z.array(Message),
  /** In the order to show. */
  outputs: z.array(z.object({ id: Id, text: z.string() })),
});
export type LeasedTask = z.infer<typeof LeasedTask>;

export const LabelingStats = z.object({
  doneToday: z.number().int(),
  doneTotal: z.number().int(),
  dailyGoal: z.number().int().nullable(),
  /** Tasks that this person could still be given. */
  openForMe: z.number().int(),
});
export type LabelingStats = z.infer<typeof LabelingStats>;

export const ClaimBody = z.strictObject({
  /** Leases that this browser already holds; the answer is another one. */
  holding: z.array(Id).max(10).default([]),
});

/** `task` null: nothing left. `withOthers` tasks are leased by other people and may come back at `mayReturnAt`. */
export const ClaimAnswer = z.object({
  task: LeasedTask.nullable(),
  withOthers: z.number().int(),
  mayReturnAt: Timestamp.nullable(),
});
export type ClaimAnswer = z.infer<typeof ClaimAnswer>;

export const SubmitAnswer = z.object({
  judgementId: Id,
  revision: z.number().int(),
  /** False: the slot had been retaken; the judgement is kept as surplus. */
  counts: z.boolean(),
  receivedAt: Timestamp,
});
export type SubmitAnswer = z.infer<typeof SubmitAnswer>;

export const HistoryRow = z.object({
  leaseId: Id,
  taskId: Id,
  judgementId: Id,
  revision: z.number().int(),
  outcome: JudgementOutcome,
  promptStart: z.string(),
  createdAt: Timestamp,
  editableUntil: Timestamp,
});
export type HistoryRow = z.infer<typeof HistoryRow>;

const LeaseParams = ProjectParams.extend({ leaseId: Id });

export const labelingRoutes = defineRoutes({
  claimTask: {
    method: 'POST',
    path: '/projects/:projectId/claim',
    tag: 'labeling',
    summary: 'Get a task under a lease: an own open one first, else a free one',
    policy: member('labeler', 'label'),
    params: ProjectParams,
    body: ClaimBody,
    response: ClaimAnswer,
  },
  submitJudgement: {
    method: 'PUT',
    path: '/projects/:projectId/leases/:leaseId/judgement',
    tag: 'labeling',
    summary: 'Send the answer; safe to repeat: the same body gives the same answer, a different one 409',
    policy: member('labeler', 'label'),
    params: LeaseParams,
    body: JudgementBody,
    response: SubmitAnswer,
  },
  reviseJudgement: {
    method: 'POST',
    path: '/projects/:projectId/leases/:leaseId/revisions',
    tag: 'labeling',
    summary: 'Change an own answer within the edit window; `revision` is the one being replaced',
    policy: member('labeler', 'label'),
    params: LeaseParams,
    body: z.strictObject({ revision: z.number().int().min(1), judgement: JudgementBody }),
    response: SubmitAnswer,
  },
  releaseLease: {
    method: 'DELETE',
    path: '/projects/:projectId/leases/:leaseId',
    tag: 'labeling',
    summary: 'Give an unanswered task back',
    policy: member('labeler', 'label'),
    params: LeaseParams,
    status: 204,
  },
  renewLease: {
    method: 'POST',
    path: '/projects/:projectId/leases/:leaseId/renew',
    tag: 'labeling',
    summary: 'Hold the task longer',
    policy: member('labeler', 'label'),
    params: LeaseParams,
    response: z.object({ expiresAt: Timestamp }),
  },
  getOwnLease: {
    method: 'GET',
    path: '/projects/:projectId/leases/:leaseId',
    tag: 'labeling',
    summary: 'An own task with the answer in force, to look at or revise',
    policy: member('labeler', 'label'),
    params: LeaseParams,
    response: z.object({
      task: LeasedTask,
      answer: JudgementBody.nullable(),
      revision: z.number().int(),
      editableUntil: Timestamp.nullable(),
    }),
  },
  getLabelingStats: {
    method: 'GET',
    path: '/projects/:projectId/labeling/stats',
    tag: 'labeling',
    summary: 'Own progress',
    policy: member('labeler', 'label'),
    params: ProjectParams,
    response: LabelingStats,
  },
  listOwnHistory: {
    method: 'GET',
    path: '/projects/:projectId/labeling/history',
    tag: 'labeling',
    summary: 'Own answers, newest first',
    policy: member('labeler', 'label'),
    params: ProjectParams,
    query: PageQuery,
    response: pageOf(HistoryRow),
  },
  listJudgements: {
    method: 'GET',
    path: '/projects/:projectId/judgements',
    tag: 'judgements',
    summary: 'Answers in force, newest first, labelers by pseudonym',
    policy: member('researcher', 'read'),
    params: ProjectParams,
    query: PageQuery.extend({
      outcome: JudgementOutcome.optional(),
      source: z.enum(['person', 'imported', 'synthetic']).optional(),
      labeler: z.string().max(80).optional(),
    }),
    response: pageOf(
      z.object({
        id: Id,
        taskId: Id,
        labeler: z.string(),
        source: z.string(),
        outcome: JudgementOutcome,
        revision: z.number().int(),
        summary: z.string(),
        promptStart: z.string(),
        activeMs: z.number().int(),
        createdAt: Timestamp,
      }),
    ),
  },
  getJudgement: {
    method: 'GET',
    path: '/projects/:projectId/judgements/:judgementId',
    tag: 'judgements',
    summary: 'One answer as it was seen',
    policy: member('researcher', 'read'),
    params: ProjectParams.extend({ judgementId: Id }),
    response: z.object({
      id: Id,
      labeler: z.string(),
      source: z.string(),
      counts: z.boolean(),
      createdAt: Timestamp,
      conversation: z.array(Message),
      outputs: z.array(z.object({ id: Id, text: z.string(), modelName: z.string().nullable() })),
      answer: JudgementBody,
      checkpoints: z.array(z.object({ id: Id, name: z.string() })),
    }),
  },
});
