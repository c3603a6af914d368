'use client';

import {
  closestCenter,
  DndContext,
  DragOverlay,
  MouseSensor,
  pointerWithin,
  TouchSensor,
  useSensor,
  useSensors,
  type CollisionDetection,
  type DragEndEvent,
} from '@dnd-kit/core';
import type { LeasedTask } from '@rankloop/contracts';
import { useState, type ReactNode } from 'react';
import type { AnswerAction } from '../answer/answer-reducer.ts';
import type { Draft } from '../answer/draft.ts';
import { letterOf } from '../answer/letters.ts';
import type { Drop } from '../answer/ranking.ts';

interface RankingDragProps {
  task: LeasedTask;
  draft: Draft;
  act: (action: AnswerAction) => void;
  children: ReactNode;
}

/** Gaps are narrow, so the nearest of them takes what is dropped beside it, within the tray. */
const collision: CollisionDetection = (args) => {
  const hits = pointerWithin(args);
  return hits.length > 0 ? hits : closestCenter(args);
};

/** Dragging is for mouse and touch; the keyboard has digits and Alt + arrows. */
export function RankingDrag({ task, act, children }: RankingDragProps) {
  const sensors = useSensors(
    useSensor(MouseSensor, { activationConstraint: { distance: 6 } }),
    useSensor(TouchSensor, { activationConstraint: { delay: 150, tolerance: 8 } }),
  );
  const [moving, setMoving] = useState<string | null>(null);
  if (!task.form.ranking) return children;
  const onDragEnd = ({ active, over }: DragEndEvent) => {
    setMoving(null);
    const to = over && parseDrop(String(over.id));
    if (to) act({ type: 'drop', id: outputOf(String(active.id)), to });
  };
  return (
    <DndContext
      sensors={sensors}
      collisionDetection={collision}
      onDragStart={({ active }) => setMoving(outputOf(String(active.id)))}
      onDragCancel={() => setMoving(null)}
      onDragEnd={onDragEnd}
      accessibility={{ announcements: SILENT }}
    >
      {children}
      <DragOverlay dropAnimation={null}>
        {moving !== null && (
          <span className="lab-chip" data-moving>
            {letterOf(
              task.outputs.map((output) => output.id),
              moving,
            )}
          </span>
        )}
      </DragOverlay>
    </DndContext>
  );
}

/** The order is read out in words by the page itself. */
const SILENT = {
  onDragStart: () => undefined,
  onDragOver: () => undefined,
  onDragEnd: () => undefined,
  onDragCancel: () => undefined,
};

function outputOf(dragId: string): string {
  return dragId.slice(dragId.indexOf(':') + 1);
}

function parseDrop(dropId: string): Drop | null {
  const [kind, index] = dropId.split(':');
  if (kind === 'unranked') return { kind };
  return kind === 'gap' || kind === 'tie' ? { kind, index: Number(index) } : null;
}
