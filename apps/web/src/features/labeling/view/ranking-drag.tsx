'use client';

import type { LeasedTask } from '@rankloop/contracts';
import { createContext, use, useMemo, type ReactNode } from 'react';
import type { AnswerAction } from '../answer/answer-reducer.ts';
import { letterOf } from '../answer/letters.ts';
import type { Drop } from '../answer/ranking.ts';
import { useDrag } from './use-drag.ts';

interface RankingDragProps {
  task: LeasedTask;
  act: (action: AnswerAction) => void;
  children: ReactNode;
}

interface Dragging {
  drag: string | null;
  over: string | null;
}

const DraggingContext = createContext<Dragging>({ drag: null, over: null });

/** Dragging is for mouse and touch; the keyboard has digits and Alt + arrows. */
export function RankingDrag({ task, act, children }: RankingDragProps) {
  const held = useDrag((drag, drop) => {
    const to = parseDrop(drop);
    if (task.form.ranking && to) act({ type: 'drop', id: outputOf(drag), to });
  });
  const { drag = null, over = null } = held ?? {};
  const dragging = useMemo(() => ({ drag, over }), [drag, over]);
  return (
    <DraggingContext value={dragging}>
      {children}
      {held !== null && (
        <span className="lab-chip" data-moving style={{ left: held.x, top: held.y }} aria-hidden>
          {letterOf(
            task.outputs.map((output) => output.id),
            outputOf(held.drag),
          )}
        </span>
      )}
    </DraggingContext>
  );
}

/** For what can be picked up. An output can lie in more than one place of the page: each has a prefix of its own. */
export function useDraggable(drag: string): { 'data-drag': string; 'data-dragging': '' | undefined } {
  const dragging = use(DraggingContext);
  return { 'data-drag': drag, 'data-dragging': dragging.drag === drag ? '' : undefined };
}

/** For a place that takes what is let go on it. */
export function useDroppable(drop: string): { 'data-drop': string; 'data-over': '' | undefined } {
  const dragging = use(DraggingContext);
  return { 'data-drop': drop, 'data-over': dragging.over === drop ? '' : undefined };
}

function outputOf(dragId: string): string {
  return dragId.slice(dragId.indexOf(':') + 1);
}

function parseDrop(dropId: string): Drop | null {
  const [kind, index] = dropId.split(':');
  if (kind === 'unranked') return { kind };
  return kind === 'gap' || kind === 'tie' ? { kind, index: Number(index) } : null;
}
