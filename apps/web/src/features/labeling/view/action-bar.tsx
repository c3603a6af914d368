'use client';

import { Button, Text, UnstyledButton } from '@mantine/core';
import type { FormSpec } from '@rankloop/contracts';
import type { Draft } from '../answer/draft.ts';
import type { CommandId } from '../commands/commands.ts';

interface ActionBarProps {
  form: FormSpec;
  draft: Draft;
  revising: boolean;
  /** An earlier answer that can no longer be changed. */
  closed: boolean;
  /** What keeps the answer from being sent. */
  missing: string | null;
  /** The person has tried to send it as it is. */
  urgent: boolean;
  onCommand: (command: CommandId) => void;
}

export function ActionBar({ form, draft, revising, closed, missing, urgent, onCommand }: ActionBarProps) {
  const loud = urgent && missing !== null;
  return (
    <div className="lab-actions">
      {form.ranking && (
        <Tool
          label="None can be ranked"
          hotkey="n"
          pressed={draft.outcome === 'unrankable'}
          onClick={() => onCommand('unrankable')}
        />
      )}
      {form.comparison?.allowBothBad && (
        <Tool
          label="Both bad"
          hotkey="b"
          pressed={draft.outcome === 'both_bad'}
          onClick={() => onCommand('bothBad')}
        />
      )}
      {!revising && <Tool label="Skip" hotkey="s" onClick={() => onCommand('skip')} />}
      <Tool label="Back" hotkey="," onClick={() => onCommand('back')} />
      <Text className="lab-missing" size="sm" data-urgent={loud ? '' : undefined} id="missing">
        {closed ? '' : missing}
      </Text>
      <span className="rl-visually-hidden" role="alert">
        {loud ? missing : ''}
      </span>
      <Button onClick={() => onCommand('submit')} aria-describedby="missing" rightSection={<kbd>Enter</kbd>}>
        {closed ? 'Go on' : revising ? 'Save' : 'Submit'}
      </Button>
    </div>
  );
}

interface ToolProps {
  label: string;
  hotkey: string;
  pressed?: boolean;
  onClick: () => void;
}

function Tool({ label, hotkey, pressed, onClick }: ToolProps) {
  return (
    <UnstyledButton className="lab-tool" aria-pressed={pressed} onClick={onClick}>
      {label} <kbd>{hotkey}</kbd>
    </UnstyledButton>
  );
}
