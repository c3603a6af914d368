'use client';

import { Switch, Textarea } from '@mantine/core';
import type { FieldIssue, LeasedTask } from '@rankloop/contracts';
import { useEffect, useMemo, useRef, useState, type RefObject } from 'react';
import type { AnswerAction } from '../answer/answer-reducer.ts';
import { differences } from '../answer/differences.ts';
import type { Draft } from '../answer/draft.ts';
import { issueAt } from '../answer/refusal.ts';
import type { CommandId } from '../commands/commands.ts';
import type { Preferences } from '../flow/use-preferences.ts';
import { leaveOnEscape } from './leave-on-escape.ts';
import { OutputCard } from './output-card.tsx';

interface OutputsProps {
  task: LeasedTask;
  draft: Draft;
  act: (action: AnswerAction) => void;
  preferences: Preferences;
  editing: readonly string[];
  /** Why the server turned the answer down. */
  issues: readonly FieldIssue[];
  onEdit: (id: string) => void;
  onCommand: (command: CommandId) => void;
  /** A place was given by mouse or touch. */
  onPlaced: (id: string) => void;
}

/** The outputs side by side or stacked, and what is asked about the task as a whole. */
export function Outputs(props: OutputsProps) {
  const { task, draft, act, preferences, editing, issues, onEdit, onCommand, onPlaced } = props;
  const { form, outputs } = task;
  const frame = useRef<HTMLDivElement>(null);
  const long = useAnyLong(frame, `${task.leaseId}${preferences.raw}`);
  const marked = useMemo(
    () =>
      preferences.differences && outputs.length > 1
        ? differences(outputs.map((output) => output.text))
        : null,
    [preferences.differences, outputs],
  );
  return (
    <>
      <div className="lab-view">
        {outputs.length > 1 && (
          <Switch
            size="xs"
            label={<ViewLabel text="Differences" hotkey="d" />}
            checked={preferences.differences}
            onChange={() => onCommand('differences')}
          />
        )}
        <Switch
          size="xs"
          label={<ViewLabel text="Raw text" hotkey="m" />}
          checked={preferences.raw}
          onChange={() => onCommand('raw')}
        />
        {long && (
          <button
            type="button"
            className="lab-link"
            aria-pressed={preferences.unfolded}
            onClick={() => onCommand('unfold')}
          >
            {preferences.unfolded ? 'Fold long outputs' : 'Show all'} <kbd>o</kbd>
          </button>
        )}
      </div>
      <div
        className="lab-outputs"
        ref={frame}
        data-folded={preferences.unfolded ? undefined : ''}
        data-count={outputs.length}
      >
        {outputs.map((output, i) => (
          <OutputCard
            key={output.id}
            task={task}
            index={i}
            draft={draft}
            act={act}
            raw={preferences.raw}
            pieces={marked?.[i] ?? null}
            editing={editing.includes(output.id)}
            issues={issues}
            onEdit={() => onEdit(output.id)}
            onPlaced={() => onPlaced(output.id)}
          />
        ))}
      </div>
      <div className="lab-whole">
        {form.demonstration && (
          <Textarea
            label={form.demonstration.required ? 'The ideal answer' : 'The ideal answer (optional)'}
            id="demonstration"
            autosize
            minRows={4}
            maxRows={20}
            maxLength={20_000}
            value={draft.demonstration}
            error={issueAt(issues, 'demonstration')}
            onChange={(event) => act({ type: 'demonstration', text: event.currentTarget.value })}
            onKeyDown={leaveOnEscape}
          />
        )}
        <Textarea
          label="Comment (optional)"
          id="comment"
          autosize
          minRows={1}
          maxRows={8}
          maxLength={20_000}
          value={draft.comment}
          error={issueAt(issues, 'comment')}
          onChange={(event) => act({ type: 'comment', text: event.currentTarget.value })}
          onKeyDown={leaveOnEscape}
        />
      </div>
    </>
  );
}

function ViewLabel({ text, hotkey }: { text: string; hotkey: string }) {
  return (
    <>
      {text} <kbd>{hotkey}</kbd>
    </>
  );
}

/** Whether some output is longer than the fold. */
function useAnyLong(frame: RefObject<HTMLElement | null>, shown: string): boolean {
  const [long, setLong] = useState(false);
  useEffect(() => {
    const texts = Array.from(frame.current?.querySelectorAll<HTMLElement>('.lab-text') ?? []);
    const measure = () =>
      setLong(texts.some((text) => (text.firstElementChild?.scrollHeight ?? 0) > FOLD_PX));
    const observer = new ResizeObserver(measure);
    for (const text of texts) observer.observe(text.firstElementChild ?? text);
    measure();
    return () => observer.disconnect();
  }, [frame, shown]);
  return long;
}

/** The height in outputs.css at which outputs fold. */
const FOLD_PX = 352;
