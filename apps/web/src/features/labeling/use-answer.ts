'use client';

import type { LeasedTask } from '@rankloop/contracts';
import { useCallback, useEffect, useState } from 'react';
import { useMembership } from '../../lib/session.ts';
import { reduceAnswer, type AnswerAction } from './answer/answer-reducer.ts';
import { EMPTY_DRAFT, isEmptyDraft, type Draft } from './answer/draft.ts';
import { forgetDraft, loadDraft, saveDraft } from './answer/draft-store.ts';
import { useActivity, type ActivityClock } from './flow/use-activity.ts';

/** The answer to one task while it forms, kept in this browser at every change. */
export function useAnswer(task: LeasedTask): {
  draft: Draft;
  act: (action: AnswerAction) => void;
  clock: ActivityClock;
} {
  const { me } = useMembership();
  const [stored] = useState(() => loadDraft(me.id, task.taskId));
  const [draft, setDraft] = useState<Draft>(stored?.draft ?? EMPTY_DRAFT);
  const clock = useActivity(stored?.activeMs ?? 0);
  const act = useCallback(
    (action: AnswerAction) => setDraft((now) => reduceAnswer(task, now, action)),
    [task],
  );

  useEffect(() => {
    const keep = () => {
      if (isEmptyDraft(draft)) forgetDraft(me.id, task.taskId);
      else saveDraft(me.id, task.taskId, draft, clock.activeMs());
    };
    keep();
    // The time spent since the last change is kept too.
    window.addEventListener('pagehide', keep);
    return () => window.removeEventListener('pagehide', keep);
  }, [draft, clock, me.id, task.taskId]);
  return { draft, act, clock };
}
