'use client';

import type { LeasedTask } from '@rankloop/contracts';
import { Fragment, type ReactNode } from 'react';
import type { AnswerAction } from '../answer/answer-reducer.ts';
import type { Draft } from '../answer/draft.ts';
import { letterOf } from '../answer/letters.ts';
import { tiersOf } from '../answer/ranking.ts';
import { useDraggable, useDroppable } from './ranking-drag.tsx';

interface TrayProps {
  task: LeasedTask;
  draft: Draft;
  act: (action: AnswerAction) => void;
}

/** The order as it forms, best first. A chip onto a gap goes between, onto a chip makes a tie. */
export function Tray({ task, draft }: TrayProps) {
  const shown = task.outputs.map((output) => output.id);
  const off = draft.outcome !== 'ok';
  const tiers = off ? [] : tiersOf(draft.places, shown);
  const rest = shown.filter((id) => off || typeof draft.places[id] !== 'number');
  const chip = (id: string) => (
    <Chip key={id} id={id} letter={letterOf(shown, id)} left={draft.places[id] === null} />
  );
  return (
    <div className="lab-tray" aria-hidden>
      <div className="lab-order">
        <Gap
          index={0}
          alone={tiers.length === 0}
          text={tiers.length > 0 ? '' : off ? 'None can be ranked' : 'Give places, or drag outputs here'}
        />
        {tiers.map((tier, i) => (
          <Fragment key={tier.join()}>
            <Tier index={i}>
              {tier.map((id, j) => (
                <Fragment key={id}>
                  {j > 0 && <span className="lab-tie">=</span>}
                  {chip(id)}
                </Fragment>
              ))}
            </Tier>
            <Gap index={i + 1} text={i + 1 < tiers.length ? '>' : ''} />
          </Fragment>
        ))}
      </div>
      <Unranked>{rest.map(chip)}</Unranked>
    </div>
  );
}

function Chip({ id, letter, left }: { id: string; letter: string; left: boolean }) {
  const draggable = useDraggable(`chip:${id}`);
  return (
    <span className="lab-chip" data-chip={letter} data-left={left ? '' : undefined} {...draggable}>
      {letter}
    </span>
  );
}

function Gap({ index, alone = false, text = '' }: { index: number; alone?: boolean; text?: string }) {
  const droppable = useDroppable(`gap:${index}`);
  return (
    <span className="lab-gap" data-alone={alone ? '' : undefined} {...droppable}>
      {text}
    </span>
  );
}

function Tier({ index, children }: { index: number; children: ReactNode }) {
  const droppable = useDroppable(`tie:${index}`);
  return (
    <span className="lab-tier" {...droppable}>
      {children}
    </span>
  );
}

function Unranked({ children }: { children: ReactNode[] }) {
  const droppable = useDroppable('unranked');
  return (
    <div className="lab-unranked" {...droppable}>
      <span className="lab-label">not ranked</span>
      {children.length === 0 ? <span className="lab-empty">none</span> : children}
    </div>
  );
}
