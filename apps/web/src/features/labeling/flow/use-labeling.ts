'use client';

import { type FieldIssue, type JudgementBody, labelingRoutes, type LeasedTask } from '@rankloop/contracts';
import { useCallback, useEffect, useEffectEvent, useReducer, useRef, useState } from 'react';
import { ApiError, call } from '../../../lib/api-client.ts';
import { useLive } from '../../../lib/live.ts';
import { useMembership } from '../../../lib/session.ts';
import { draftOf, sameAnswer } from '../answer/draft.ts';
import { forgetDraft, loadDraft, saveDraft } from '../answer/draft-store.ts';
import type { OutboxItem } from '../outbox/outbox-item.ts';
import { useOutbox } from '../outbox/use-outbox.ts';
import { heldLeases, reduceFlow, START, workOf, type Flow, type FlowEvent } from './flow.ts';
import { useProgress } from './use-progress.ts';

const RETRY_MS = 4000;
const MAX_HOLDING = 10;

export interface Labeling {
  flow: Flow;
  dispatch: (event: FlowEvent) => void;
  /** Why no task came: a refusal by the server. */
  error: unknown;
  retry: () => void;
  answer: (task: LeasedTask, body: JudgementBody) => void;
  /** Opens an own answer by its lease, or the last one. */
  open: (leaseId?: string) => Promise<OpenResult>;
  reopen: (item: OutboxItem) => Promise<OpenResult>;
}
export type OpenResult = 'opened' | 'nothing' | 'failed';

/** The way from task to task: claims, fetches ahead, hands answers to the outbox, opens earlier ones. */
export function useLabeling(): Labeling {
  const { projectId, me } = useMembership();
  const { outbox } = useOutbox(me.id);
  const [flow, dispatch] = useReducer(reduceFlow, START);
  const [error, setError] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  const [answered, setAnswered] = useState<readonly string[]>([]);
  const [seen] = useState(() => new Map<string, LeasedTask>());
  const progress = useProgress(projectId);
  const inFlight = useRef(false);

  const work = workOf(flow);
  const wants = wantsOf(work);
  const claim = useEffectEvent((wanted: 'claimed' | 'prefetched') => {
    // One claim at a time: what is wanted afterwards starts from the attempt counter.
    if (inFlight.current) return;
    inFlight.current = true;
    const unsent = outbox.getState().items.filter((item) => item.projectId === projectId);
    const holding = [...heldLeases(flow), ...unsent.map((item) => item.leaseId)].slice(0, MAX_HOLDING);
    call(labelingRoutes.claimTask, { params: { projectId }, body: { holding } })
      .then((answered) => {
        inFlight.current = false;
        if (answered.task) remember(seen, answered.task);
        setError(null);
        dispatch({ type: wanted, claim: answered });
        // Something else may be wanted by now.
        setAttempt((now) => now + 1);
      })
      .catch((reason: unknown) => {
        inFlight.current = false;
        if (reason instanceof ApiError && reason.status < 500) setError(reason);
        else setTimeout(() => setAttempt((now) => now + 1), RETRY_MS);
      });
  });
  useEffect(() => {
    if (wants !== null) claim(wants);
  }, [wants, attempt, projectId]);

  useEffect(() => {
    const now = () => setAttempt((count) => count + 1);
    window.addEventListener('online', now);
    return () => window.removeEventListener('online', now);
  }, []);

  useEffect(
    () => outbox.onReceipt((item) => item.projectId === projectId && progress.count(item)),
    [outbox, projectId, progress],
  );

  const lookAgain = useCallback(() => dispatch({ type: 'lookAgain' }), []);
  useLive('task', (event) => {
    if (event.projectId === projectId) lookAgain();
  });

  const answer = (task: LeasedTask, body: JudgementBody) => {
    const before = flow.phase === 'revising' ? flow.opened : null;
    if (!before?.answer || !sameAnswer(before.answer, body)) {
      outbox.add({
        leaseId: task.leaseId,
        projectId,
        taskId: task.taskId,
        title: titleOf(task),
        body,
        queuedAt: Date.now(),
        ...(before?.answer ? { replaces: before.revision } : {}),
      });
    }
    forgetDraft(me.id, task.taskId);
    setAnswered((now) => [...now.filter((leaseId) => leaseId !== task.leaseId), task.leaseId]);
    dispatch({ type: 'answered', leaseId: task.leaseId });
  };

  /** An answer that is not sent yet comes back without asking the server, so that it works offline. */
  const takeBack = (leaseId: string): boolean => {
    const task = seen.get(leaseId);
    const waiting = outbox.getState().items.find((item) => item.leaseId === leaseId);
    if (!task || !waiting || waiting.replaces !== undefined) return false;
    const item = outbox.take(leaseId);
    if (!item) return false;
    saveDraft(me.id, task.taskId, draftOf(item.body), item.body.activeMs);
    dispatch({ type: 'opened', opened: { task, answer: null, revision: 0, editableUntil: null } });
    return true;
  };

  const openFromServer = async (leaseId: string, issues: readonly FieldIssue[] = []): Promise<OpenResult> => {
    try {
      const opened = await call(labelingRoutes.getOwnLease, { params: { projectId, leaseId } });
      remember(seen, opened.task);
      if (opened.answer && !loadDraft(me.id, opened.task.taskId)) {
        saveDraft(me.id, opened.task.taskId, draftOf(opened.answer), opened.answer.activeMs);
      }
      dispatch({ type: 'opened', opened: { ...opened, issues } });
      return 'opened';
    } catch {
      return 'failed';
    }
  };

  const open = async (leaseId?: string): Promise<OpenResult> => {
    const onScreen = flow.phase === 'revising' ? flow.opened.task.leaseId : undefined;
    const at = onScreen === undefined ? answered.length : answered.indexOf(onScreen);
    const target = leaseId ?? answered[at - 1] ?? (await lastOf(projectId, onScreen));
    if (target === undefined) return 'nothing';
    return takeBack(target) ? 'opened' : openFromServer(target);
  };

  const reopen = async (item: OutboxItem): Promise<OpenResult> => {
    saveDraft(me.id, item.taskId, draftOf(item.body), item.body.activeMs);
    const result = await openFromServer(item.leaseId, item.refusal?.issues);
    if (result === 'opened') outbox.take(item.leaseId);
    return result;
  };

  const retry = () => {
    setError(null);
    setAttempt((now) => now + 1);
  };
  return { flow, dispatch, error, retry, answer, open, reopen };
}

/** The claim that the state asks for, if any. */
function wantsOf(work: ReturnType<typeof workOf>): 'claimed' | 'prefetched' | null {
  if (work.phase === 'starting' || work.phase === 'between') return 'claimed';
  return work.phase === 'answering' && !work.next && !work.nothingMore ? 'prefetched' : null;
}

async function lastOf(projectId: string, except: string | undefined): Promise<string | undefined> {
  const page = await call(labelingRoutes.listOwnHistory, {
    params: { projectId },
    query: { limit: 2 },
  }).catch(() => null);
  return page?.items.find((row) => row.leaseId !== except)?.leaseId;
}

function titleOf(task: LeasedTask): string {
  return (task.conversation.at(-1)?.content ?? '').slice(0, 120);
}

/** Tasks come back without the network only while their answers wait for it: a day of them need not stay in memory. */
const SEEN_LIMIT = 50;

function remember(seen: Map<string, LeasedTask>, task: LeasedTask): void {
  seen.delete(task.leaseId);
  seen.set(task.leaseId, task);
  const [oldest] = seen.keys();
  if (seen.size > SEEN_LIMIT && oldest !== undefined) seen.delete(oldest);
}
