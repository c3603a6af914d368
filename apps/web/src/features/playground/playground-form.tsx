'use client';

import { Button, Group, NumberInput, Text, Textarea } from '@mantine/core';
import { PLAYGROUND_LIMITS, type CheckpointRow, type PlaygroundBody } from '@rankloop/contracts';
import { useState } from 'react';
import { Choice } from '../../components/choice.tsx';
import { FIELD_LABELS, readDraft, type PlaygroundDraft } from './draft.ts';

interface PlaygroundFormProps {
  draft: PlaygroundDraft;
  onChange: (draft: PlaygroundDraft) => void;
  policies: readonly CheckpointRow[];
  rewards: readonly CheckpointRow[];
  isBusy: boolean;
  onStart: (body: PlaygroundBody) => void;
  onStop: () => void;
}

const NUMBERS = [
  { key: 'temperature', min: 0.05, max: 2, step: 0.1, isWhole: false },
  { key: 'topK', min: 0, max: 100_000, step: 10, isWhole: true },
  { key: 'topP', min: 0.05, max: 1, step: 0.05, isWhole: false },
  { key: 'maxNewTokens', min: 1, max: PLAYGROUND_LIMITS.newTokens, step: 16, isWhole: true },
  { key: 'seed', min: 0, max: 2_147_483_647, step: 1, isWhole: true },
] as const;

export function PlaygroundForm(props: PlaygroundFormProps) {
  const { draft, onChange, policies, rewards, isBusy, onStart, onStop } = props;
  const [problem, setProblem] = useState<string | null>(null);
  const set = (change: Partial<PlaygroundDraft>) => onChange({ ...draft, ...change });
  const submit = () => {
    const read = readDraft(draft);
    setProblem(read.problem);
    if (read.body && !isBusy) onStart(read.body);
  };
  return (
    <form
      className="rl-panel play-form"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Textarea
        label="Prompt"
        autosize
        minRows={3}
        maxRows={16}
        maxLength={PLAYGROUND_LIMITS.characters}
        value={draft.prompt}
        onChange={(event) => set({ prompt: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit();
        }}
      />
      <div className="play-fields">
        <Choice
          label="Policy"
          data={optionsOf(policies)}
          value={draft.left}
          onChange={(left) => set({ left })}
        />
        <Choice
          label="Beside it"
          data={optionsOf(policies)}
          value={draft.right}
          clearable
          placeholder="None"
          onChange={(right) => set({ right })}
        />
        <Choice
          label="Scored by"
          data={optionsOf(rewards)}
          value={draft.reward}
          clearable
          placeholder={rewards.length === 0 ? 'No reward model yet' : 'Nobody'}
          onChange={(reward) => set({ reward })}
        />
      </div>
      <div className="play-fields play-numbers">
        {NUMBERS.map(({ key, min, max, step, isWhole }) => (
          <NumberInput
            key={key}
            label={FIELD_LABELS[key]}
            min={min}
            max={max}
            step={step}
            allowDecimal={!isWhole}
            value={draft[key]}
            onChange={(value) => set({ [key]: value })}
          />
        ))}
      </div>
      <Group gap="sm">
        <Button type="submit" disabled={isBusy}>
          Draw
        </Button>
        {isBusy && (
          <Button variant="default" onClick={onStop}>
            Stop
          </Button>
        )}
        {problem === null ? (
          <Text size="xs" c="dimmed">
            <kbd>Ctrl</kbd> <kbd>Enter</kbd> draws too. The same seed gives the same text again.
          </Text>
        ) : (
          <Text size="sm" c="var(--rl-worse)" role="alert">
            {problem}
          </Text>
        )}
      </Group>
    </form>
  );
}

function optionsOf(checkpoints: readonly CheckpointRow[]): { value: string; label: string }[] {
  return checkpoints.map(({ id, name, isCurrent }) => ({
    value: id,
    label: isCurrent ? `${name} (in use)` : name,
  }));
}
