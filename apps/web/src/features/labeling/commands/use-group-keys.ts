'use client';

import type { LeasedTask } from '@rankloop/contracts';
import { useCallback, useEffect, useEffectEvent, useRef } from 'react';
import { reduceAnswer, type AnswerAction } from '../answer/answer-reducer.ts';
import type { Draft } from '../answer/draft.ts';
import {
  clearAction,
  digitAction,
  groupKey,
  groupsOf,
  neighbourGroup,
  nextOpenGroup,
  type Group,
} from './groups.ts';
import { focusPlaceOf, isDialogOpen } from './use-commands.ts';

interface GroupKeys {
  focusGroup: (group: Group) => void;
  /** The output that has or had the focus. */
  currentOutput: () => string | null;
}

/** Digits, arrows and Backspace for the group that has the focus, or had it last. */
export function useGroupKeys(task: LeasedTask, draft: Draft, act: (action: AnswerAction) => void): GroupKeys {
  const last = useRef<Group | undefined>(undefined);

  const focusGroup = useCallback((group: Group) => {
    last.current = group;
    const element = document.querySelector<HTMLElement>(`[data-group="${CSS.escape(groupKey(group))}"]`);
    const target = element?.tabIndex === 0 ? element : element?.querySelector<HTMLElement>('[tabindex="0"]');
    target?.focus({ preventScroll: true });
    element?.scrollIntoView({ block: 'nearest' });
  }, []);

  const currentGroup = (): Group | undefined => {
    const key = document.activeElement?.closest('[data-group]')?.getAttribute('data-group');
    const groups = groupsOf(task);
    const focused = groups.find((group) => groupKey(group) === key);
    if (focused) last.current = focused;
    const remembered = last.current;
    return groups.find((group) => remembered && groupKey(group) === groupKey(remembered)) ?? groups[0];
  };

  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || isDialogOpen() || event.ctrlKey || event.metaKey || event.isComposing)
      return;
    if (focusPlaceOf(document.activeElement) === 'text') return;
    const group = currentGroup();
    if (!group) return;
    const step = stepOf(event.key);
    if (event.altKey) {
      if (step === null || group.kind !== 'rank') return;
      act({ type: 'nudge', id: group.id, direction: step === -1 ? 'up' : 'down' });
    } else if (/^\d$/.test(event.key)) {
      const action = digitAction(task, group, Number(event.key));
      if (!action || event.repeat) return;
      act(action);
      focusGroup(nextOpenGroup(task, reduceAnswer(task, draft, action), group));
    } else if (event.key === 'Backspace') {
      const action = clearAction(group);
      if (action) act(action);
    } else if (step !== null) {
      focusGroup(neighbourGroup(task, group, step));
    } else return;
    event.preventDefault();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKeyDown(event);
    window.addEventListener('keydown', listener);
    return () => window.removeEventListener('keydown', listener);
  }, []);

  const currentOutput = () => {
    const focused = document.activeElement?.closest('[data-output]')?.getAttribute('data-output');
    if (focused) return focused;
    return last.current && 'id' in last.current ? last.current.id : (task.outputs[0]?.id ?? null);
  };
  return { focusGroup, currentOutput };
}

function stepOf(key: string): 1 | -1 | null {
  if (key === 'ArrowDown' || key === 'ArrowRight') return 1;
  return key === 'ArrowUp' || key === 'ArrowLeft' ? -1 : null;
}
