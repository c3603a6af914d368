import type { ClaimAnswer, FieldIssue, JudgementBody, LeasedTask } from '@rankloop/contracts';

/** An answer of one's own that is open again. */
export interface OpenedAnswer {
  task: LeasedTask;
  answer: JudgementBody | null;
  revision: number;
  editableUntil: string | null;
  /** Why the server turned the answer down, field by field. */
  issues?: readonly FieldIssue[];
}

interface Left {
  withOthers: number;
  mayReturnAt: string | null;
}

/** Where a person is. Events that make no sense in a state change nothing. */
export type Flow =
  | { phase: 'starting' }
  | { phase: 'answering'; task: LeasedTask; next: LeasedTask | null; nothingMore: boolean; over: boolean }
  | { phase: 'revising'; opened: OpenedAnswer; behind: Flow }
  /** The answer is given, the next task is not here yet. */
  | { phase: 'between' }
  | ({ phase: 'done' } & Left);

export type FlowEvent =
  | { type: 'claimed'; claim: ClaimAnswer }
  | { type: 'prefetched'; claim: ClaimAnswer }
  | { type: 'answered'; leaseId: string }
  | { type: 'opened'; opened: OpenedAnswer }
  | { type: 'closed' }
  | { type: 'renewed'; leaseId: string; expiresAt: string }
  | { type: 'leaseOver'; leaseId: string }
  | { type: 'lookAgain' };

export const START: Flow = { phase: 'starting' };

export function reduceFlow(flow: Flow, event: FlowEvent): Flow {
  if (flow.phase === 'revising') return reduceRevising(flow, event);
  switch (event.type) {
    case 'claimed':
      if (flow.phase === 'answering') return flow;
      return event.claim.task
        ? answering(event.claim.task)
        : { phase: 'done', withOthers: event.claim.withOthers, mayReturnAt: event.claim.mayReturnAt };
    case 'prefetched': {
      if (flow.phase !== 'answering' || flow.next) return flow;
      const { task } = event.claim;
      const next = task?.leaseId === flow.task.leaseId ? null : task;
      return { ...flow, next, nothingMore: next === null };
    }
    case 'answered':
      if (flow.phase !== 'answering' || flow.task.leaseId !== event.leaseId) return flow;
      return flow.next ? answering(flow.next) : { phase: 'between' };
    case 'opened':
      return { phase: 'revising', opened: event.opened, behind: flow };
    case 'closed':
      return flow;
    case 'renewed': {
      if (flow.phase !== 'answering') return flow;
      const renew = (task: LeasedTask) =>
        task.leaseId === event.leaseId ? { ...task, expiresAt: event.expiresAt } : task;
      return {
        ...flow,
        task: renew(flow.task),
        next: flow.next && renew(flow.next),
        over: flow.over && flow.task.leaseId !== event.leaseId,
      };
    }
    case 'leaseOver':
      if (flow.phase !== 'answering') return flow;
      if (flow.next?.leaseId === event.leaseId) return { ...flow, next: null };
      return flow.task.leaseId === event.leaseId ? { ...flow, over: true } : flow;
    case 'lookAgain':
      if (flow.phase === 'done') return { phase: 'between' };
      return flow.phase === 'answering' ? { ...flow, nothingMore: false } : flow;
  }
}

/** What arrives for the work behind an opened answer goes on arriving there. */
function reduceRevising(flow: Extract<Flow, { phase: 'revising' }>, event: FlowEvent): Flow {
  if (event.type === 'opened') return { ...flow, opened: event.opened };
  if (event.type === 'closed') return flow.behind;
  if (event.type === 'answered' && event.leaseId === flow.opened.task.leaseId) return flow.behind;
  return { ...flow, behind: reduceFlow(flow.behind, event) };
}

function answering(task: LeasedTask): Flow {
  return { phase: 'answering', task, next: null, nothingMore: false, over: false };
}

/** The work in hand, also while an earlier answer is open on top of it. */
export function workOf(flow: Flow): Exclude<Flow, { phase: 'revising' }> {
  return flow.phase === 'revising' ? workOf(flow.behind) : flow;
}

/** The task on the screen. */
export function shownTask(flow: Flow): LeasedTask | null {
  if (flow.phase === 'revising') return flow.opened.task;
  return flow.phase === 'answering' ? flow.task : null;
}

/** Leases in hand, which a claim must not give again. */
export function heldLeases(flow: Flow): string[] {
  if (flow.phase === 'revising') return [flow.opened.task.leaseId, ...heldLeases(flow.behind)];
  if (flow.phase !== 'answering') return [];
  return [flow.task.leaseId, ...(flow.next ? [flow.next.leaseId] : [])];
}
