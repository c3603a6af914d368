'use client';

import type { JudgementBody, LeasedTask } from '@rankloop/contracts';
import { useEffect, useEffectEvent, useState } from 'react';
import { clockTime } from '../../../lib/time.ts';
import { toBody, skipBody, type Draft } from '../answer/draft.ts';
import { letterOf } from '../answer/letters.ts';
import { missingInWords } from '../answer/missing.ts';
import { issueAt, issueElsewhere } from '../answer/refusal.ts';
import { orderInWords, untouched } from '../answer/ranking.ts';
import type { CommandId } from '../commands/commands.ts';
import { firstOpenGroup } from '../commands/groups.ts';
import { useCommands } from '../commands/use-commands.ts';
import { useGroupKeys } from '../commands/use-group-keys.ts';
import type { OpenedAnswer } from '../flow/flow.ts';
import type { Preferences } from '../flow/use-preferences.ts';
import { useAnswer } from '../use-answer.ts';
import { ActionBar } from './action-bar.tsx';
import { ComparisonScale } from './comparison-scale.tsx';
import { Outputs } from './outputs.tsx';
import { PromptPane } from './prompt-pane.tsx';
import { RankingDrag } from './ranking-drag.tsx';
import { SkipDialog } from './skip-dialog.tsx';
import { Tray } from './tray.tsx';

interface TaskScreenProps {
  task: LeasedTask;
  /** An earlier answer that is open again. */
  opened: OpenedAnswer | null;
  /** The lease has run out. */
  over: boolean;
  preferences: Preferences;
  /** Commands of the page around the task. */
  onCommand: (command: CommandId) => boolean;
  onAnswer: (body: JudgementBody) => void;
  onClose: () => void;
}

/** One task: what is asked, the outputs, the answer as it forms. */
export function TaskScreen({
  task,
  opened,
  over,
  preferences,
  onCommand,
  onAnswer,
  onClose,
}: TaskScreenProps) {
  const { form, outputs } = task;
  const shown = outputs.map((output) => output.id);
  const { draft, act, clock } = useAnswer(task);
  const { focusGroup, currentOutput } = useGroupKeys(task, draft, act);
  const [skipping, setSkipping] = useState(false);
  const [editing, setEditing] = useState<readonly string[]>(() => startsInEditor(task, draft));
  // The answer that a person tried to send: what is wrong with it is then said aloud.
  const [tried, setTried] = useState<Draft | null>(null);
  const missing = missingInWords(task, toBody(draft, task, 0));
  const left = form.ranking && draft.outcome === 'ok' ? untouched(draft.places, shown) : [];
  const closed = opened !== null && isOver(opened);
  // Said at the fields until something is changed; then the rules of the form take over.
  const [refused] = useState(draft);
  const issues = draft === refused ? (opened?.issues ?? []) : [];
  const elsewhere = issueElsewhere(issues, task);

  const focusOpen = () => {
    const group = firstOpenGroup(task, draft);
    if (group) focusGroup(group);
  };
  const focusAtStart = useEffectEvent(focusOpen);
  useEffect(() => focusAtStart(), []);

  const submit = () => {
    if (closed) {
      onClose();
      return;
    }
    const confirmed = tried === draft;
    setTried(draft);
    if (missing !== null) {
      focusOpen();
      return;
    }
    // Enter pressed too early must not drop outputs that nobody has looked at.
    if (left.length > 0 && !confirmed) return;
    onAnswer(toBody(draft, task, clock.activeMs()));
  };
  const edit = (id: string) => setEditing((now) => (now.includes(id) ? now : [...now, id]));

  const run = (command: CommandId): boolean => {
    const output = currentOutput();
    switch (command) {
      case 'submit':
        submit();
        return true;
      case 'skip':
        setSkipping(true);
        return true;
      case 'unrankable':
        act({ type: 'toggleUnrankable' });
        return true;
      case 'tie':
        act({ type: 'strength', value: 0 });
        return true;
      case 'bothBad':
        act({ type: 'toggleBothBad' });
        return true;
      case 'restore':
        if (output) act({ type: 'restore', id: output });
        return true;
      case 'edit':
        if (output) {
          edit(output);
          requestAnimationFrame(() => focusById(`edit-${output}`));
        }
        return true;
      case 'note':
        focusById(form.critique?.perOutput && output ? `note-${output}` : 'comment');
        return true;
      default:
        return false;
    }
  };
  useCommands(form, preferences.singleKeys && !closed, run);

  const words =
    form.ranking && draft.outcome === 'ok'
      ? orderInWords(draft.places, shown, (id) => letterOf(shown, id))
      : '';
  return (
    <RankingDrag task={task} act={act}>
      <main className="lab-main" id="content" data-single={outputs.length === 1 ? '' : undefined}>
        <h1 className="rl-visually-hidden">{opened ? 'Change an earlier answer' : 'Judge the outputs'}</h1>
        <PromptPane task={task} raw={preferences.raw} />
        <section className="lab-work" aria-label="Outputs">
          {over && (
            <p className="lab-banner" role="alert">
              The time for this task is over and somebody else may get it. Your work is kept, and can still be
              sent.
            </p>
          )}
          {opened && <OpenedBanner opened={opened} closed={closed} onClose={onClose} />}
          <Outputs
            task={task}
            draft={draft}
            act={act}
            preferences={preferences}
            editing={editing}
            issues={issues}
            onEdit={edit}
            onCommand={onCommand}
            onPlaced={(id) => focusGroup({ kind: 'rank', id })}
          />
        </section>
      </main>
      <footer className="lab-foot">
        {form.ranking && <Tray task={task} draft={draft} act={act} />}
        {form.comparison && (
          <ComparisonScale
            draft={draft}
            form={form.comparison}
            act={act}
            issue={issueAt(issues, 'strength')}
          />
        )}
        <ActionBar
          form={form}
          draft={draft}
          revising={opened !== null}
          closed={closed}
          missing={elsewhere ?? missing ?? partialText(left, shown, tried === draft)}
          urgent={elsewhere !== null || tried === draft}
          onCommand={(command) => (run(command) ? undefined : onCommand(command))}
        />
      </footer>
      <div className="rl-visually-hidden" aria-live="polite">
        {words}
      </div>
      <SkipDialog
        opened={skipping}
        comment={draft.comment}
        onComment={(text) => act({ type: 'comment', text })}
        onClose={() => setSkipping(false)}
        onSkip={(reason) => {
          setSkipping(false);
          onAnswer(skipBody(reason, draft.comment, clock.activeMs()));
        }}
      />
    </RankingDrag>
  );
}

function OpenedBanner({
  opened,
  closed,
  onClose,
}: {
  opened: OpenedAnswer;
  closed: boolean;
  onClose: () => void;
}) {
  const until = opened.editableUntil === null ? '' : ` until ${clockTime(new Date(opened.editableUntil))}`;
  return (
    <p className="lab-banner">
      {closed
        ? 'This is your earlier answer. The time for changing it is over.'
        : opened.answer
          ? `This is your earlier answer. You can change it${until}.`
          : 'This answer is not sent yet.'}{' '}
      <button type="button" className="lab-link" onClick={onClose}>
        Go on with the next task
      </button>
    </p>
  );
}

function partialText(left: readonly string[], shown: readonly string[], tried: boolean): string | null {
  if (left.length === 0) return null;
  const letters = left.map((id) => letterOf(shown, id)).join(', ');
  if (tried) return `Enter again leaves ${letters} unranked`;
  return `${letters} ${left.length === 1 ? 'has' : 'have'} no place yet`;
}

/** One output that is only to be corrected is an editor from the start. */
function startsInEditor(task: LeasedTask, draft: Draft): string[] {
  const edited = Object.keys(draft.edits);
  const [only] = task.outputs;
  return task.form.correction && only && task.outputs.length === 1 ? [only.id] : edited;
}

function isOver(opened: OpenedAnswer): boolean {
  return (
    opened.answer !== null && (opened.editableUntil === null || new Date(opened.editableUntil) < new Date())
  );
}

function focusById(id: string): void {
  const element = document.getElementById(id);
  element?.focus();
  element?.scrollIntoView({ block: 'nearest' });
}
