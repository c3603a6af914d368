'use client';

import { Checkbox, Group as Row, Textarea, UnstyledButton } from '@mantine/core';
import type { FieldIssue, LeasedTask } from '@rankloop/contracts';
import { SafeMarkdown } from '../../../components/markdown/safe-markdown.tsx';
import type { AnswerAction } from '../answer/answer-reducer.ts';
import type { Piece } from '../answer/differences.ts';
import { dimensionsOf, type Draft } from '../answer/draft.ts';
import { letterAt } from '../answer/letters.ts';
import { tiersOf } from '../answer/ranking.ts';
import { issueAt, issueOfOutput } from '../answer/refusal.ts';
import { groupKey } from '../commands/groups.ts';
import { CorrectionEditor } from './correction-editor.tsx';
import { useDraggable } from './ranking-drag.tsx';
import { Issue } from './issue.tsx';
import { leaveOnEscape } from './leave-on-escape.ts';
import { RatingScaleInput } from './rating-scale.tsx';

interface OutputCardProps {
  task: LeasedTask;
  index: number;
  draft: Draft;
  act: (action: AnswerAction) => void;
  raw: boolean;
  /** The text cut into what outputs share and do not, when that is asked for. */
  pieces: Piece[] | null;
  editing: boolean;
  issues: readonly FieldIssue[];
  onEdit: () => void;
  onPlaced: () => void;
}

/** One output with everything that is asked about it. */
export function OutputCard(props: OutputCardProps) {
  const { task, index, draft, act, raw, pieces, editing, issues, onEdit, onPlaced } = props;
  const output = task.outputs[index];
  if (!output) return null;
  const { form } = task;
  const { id, text } = output;
  const letter = letterAt(index);
  const focusable = form.ranking !== undefined || form.correction !== undefined;
  return (
    <article
      className="lab-card"
      data-output={id}
      data-group={form.ranking ? groupKey({ kind: 'rank', id }) : groupKey({ kind: 'output', id })}
      aria-label={`Output ${letter}${form.ranking ? `, ${placeInWords(draft, id)}` : ''}`}
      {...(focusable ? { tabIndex: 0 } : {})}
    >
      <header className="lab-card-head">
        {form.ranking ? <Grip id={id} letter={letter} /> : <span className="lab-letter">{letter}</span>}
        {form.ranking && (
          <RankButtons task={task} draft={draft} id={id} letter={letter} act={act} onPlaced={onPlaced} />
        )}
        {form.correction && !editing && (
          <UnstyledButton className="lab-tool" onClick={onEdit}>
            Edit <kbd>e</kbd>
          </UnstyledButton>
        )}
      </header>
      {editing ? (
        <CorrectionEditor id={id} letter={letter} original={text} edited={draft.edits[id]} act={act} />
      ) : (
        <div className="lab-text">
          <div>
            {pieces ? <Marked pieces={pieces} /> : <SafeMarkdown text={text} raw={raw} />}
            {text === '' && <p className="lab-empty">This output is empty.</p>}
          </div>
        </div>
      )}
      <Issue text={issueOfOutput(issues, id)} />
      {dimensionsOf(form).map((dimension) => (
        <RatingScaleInput
          key={dimension.id}
          dimension={dimension}
          id={id}
          letter={letter}
          value={draft.scores[id]?.[dimension.id]}
          issue={issueAt(issues, 'scores', id, dimension.id)}
          act={act}
        />
      ))}
      {form.flags && (
        <Row gap="sm" className="lab-flags" role="group" aria-label={`Flags of ${letter}`}>
          {form.flags.options.map((flag) => (
            <Checkbox
              key={flag}
              size="xs"
              label={flag}
              checked={draft.flags[id]?.includes(flag) ?? false}
              onChange={() => act({ type: 'toggleFlag', id, flag })}
            />
          ))}
        </Row>
      )}
      {form.critique?.perOutput && (
        <Textarea
          id={`note-${id}`}
          className="lab-note-field"
          label={`Note on ${letter}`}
          autosize
          minRows={1}
          maxRows={8}
          maxLength={20_000}
          value={draft.critiques[id] ?? ''}
          onChange={(event) => act({ type: 'critique', id, text: event.currentTarget.value })}
          onKeyDown={leaveOnEscape}
        />
      )}
    </article>
  );
}

function Grip({ id, letter }: { id: string; letter: string }) {
  const draggable = useDraggable(`card:${id}`);
  return (
    <span className="lab-letter lab-grip" title={`Drag ${letter} into the order below`} {...draggable}>
      {letter}
      <svg width="8" height="14" viewBox="0 0 8 14" aria-hidden>
        {[2, 7, 12].flatMap((y) =>
          [2, 6].map((x) => <circle key={`${x}${y}`} cx={x} cy={y} r="1.2" fill="currentColor" />),
        )}
      </svg>
    </span>
  );
}

interface RankButtonsProps {
  task: LeasedTask;
  draft: Draft;
  id: string;
  letter: string;
  act: (action: AnswerAction) => void;
  onPlaced: () => void;
}

/** The digits for mouse and touch. Not tab stops: the card itself takes the keys. */
function RankButtons({ task, draft, id, letter, act, onPlaced }: RankButtonsProps) {
  const place = draft.outcome === 'ok' ? draft.places[id] : undefined;
  const choose = (at: number | null) => {
    act(place === at ? { type: 'clear', id } : { type: 'place', id, at });
    onPlaced();
  };
  const tied =
    typeof place === 'number' &&
    task.outputs.some((other) => other.id !== id && draft.places[other.id] === place);
  return (
    <div className="lab-ranks" role="group" aria-label={`Place of ${letter}`}>
      {offeredPlaces(task, draft, place).map((at) => (
        <button
          key={at}
          type="button"
          tabIndex={-1}
          aria-pressed={place === at}
          aria-label={`${letter} in place ${at}`}
          onClick={() => choose(at)}
        >
          {at}
          {tied && place === at ? '=' : ''}
        </button>
      ))}
      <button
        type="button"
        tabIndex={-1}
        aria-pressed={place === null}
        aria-label={`Leave ${letter} unranked`}
        onClick={() => choose(null)}
      >
        –
      </button>
    </div>
  );
}

/** One to nine, and beyond them the output's own place or the next free one: a row of sixteen fits no phone. */
function offeredPlaces(task: LeasedTask, draft: Draft, own: number | null | undefined): number[] {
  const shown = task.outputs.map((output) => output.id);
  const places = Array.from({ length: Math.min(9, shown.length) }, (_, i) => i + 1);
  const beyond = own != null && own > 9 ? own : tiersOf(draft.places, shown).length + 1;
  return beyond > 9 && beyond <= shown.length ? [...places, beyond] : places;
}

function Marked({ pieces }: { pieces: Piece[] }) {
  return (
    <div className="md-raw lab-marked">
      {pieces.map((piece, i) =>
        piece.own ? <mark key={i}>{piece.text}</mark> : <span key={i}>{piece.text}</span>,
      )}
    </div>
  );
}

function placeInWords(draft: Draft, id: string): string {
  if (draft.outcome !== 'ok') return 'not ranked';
  const place = draft.places[id];
  if (place === undefined) return 'no place yet';
  return place === null ? 'left unranked' : `place ${place}`;
}
