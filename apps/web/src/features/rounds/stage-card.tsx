'use client';

import { ActionIcon, Button, Text, TextInput } from '@mantine/core';
import { choicesFor, RECIPES, type RoundDraft, type RoundProblem } from '@rankloop/contracts';
import { IconArrowDown, IconArrowUp, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { Choice } from '../../components/choice.tsx';
import { CorpusField } from './corpus-field.tsx';
import { problemsBelow } from './problems.ts';
import type { InputName, RewardDraft, StageDraft } from './round-draft.ts';
import { SettingsForm } from './settings-form.tsx';

interface StageCardProps {
  stages: readonly StageDraft[];
  at: number;
  corpora: RoundDraft['corpora'];
  /** Of the whole round; the card shows its own. */
  problems: readonly RoundProblem[];
  onChange: (stage: StageDraft) => void;
  onRename: (name: string) => void;
  onMove: (by: -1 | 1) => void;
  onRemove: () => void;
}

const INPUTS: Record<InputName, { label: string; help: string }> = {
  from: { label: 'Starts from', help: 'The policy whose body the reward model takes.' },
  policy: { label: 'Policy', help: 'What this stage improves.' },
  reference: { label: 'Reference', help: 'What distance is measured from; empty: the policy above.' },
  sampler: { label: 'Sampler', help: 'Who draws the candidates; empty: the policy above.' },
};

interface NameFieldProps {
  name: string;
  /** Names of the other stages. */
  taken: readonly string[];
  problem: string | undefined;
  onRename: (name: string) => void;
}

/** The new name counts when the field is left: half of one may be that of another stage, whose followers it would take. */
function NameField({ name, taken, problem, onRename }: NameFieldProps) {
  const [typed, setTyped] = useState<string>();
  const shown = typed ?? name;
  const refusal =
    shown === ''
      ? 'A stage needs a name.'
      : taken.includes(shown)
        ? 'Another stage has this name.'
        : undefined;
  return (
    <TextInput
      label="Name"
      inputWrapperOrder={ORDER}
      description="Later stages take what it makes by this name."
      value={shown}
      error={refusal ?? problem}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={() => {
        if (typed === undefined || refusal !== undefined) return;
        onRename(typed);
        setTyped(undefined);
      }}
    />
  );
}

/** One stage of a round: what it takes, its settings, and its place in the list. */
export function StageCard(props: StageCardProps) {
  const { stages, at, corpora, problems, onChange, onRename, onMove, onRemove } = props;
  const stage = stages[at];
  if (stage === undefined) return null;
  const { label, help, inputs, settings } = RECIPES[stage.recipe];
  const own = problemsBelow(problems, ['stages', at]);
  const shown = new Set(['name', 'reward', 'corpus', ...Object.keys(INPUTS)]);
  const title = `Stage ${at + 1}: ${label}`;
  return (
    <li className="rl-panel rounds-stage" id={`stage-${stage.id}`}>
      <div className="rounds-stage-head">
        <h3>{title}</h3>
        <ActionIcon.Group>
          <MoveButton by={-1} title={title} isEnd={at === 0} onMove={onMove} />
          <MoveButton by={1} title={title} isEnd={at === stages.length - 1} onMove={onMove} />
          <ActionIcon
            variant="default"
            size="lg"
            aria-label={`Remove ${title}`}
            disabled={stages.length === 1}
            onClick={onRemove}
          >
            <IconX size={18} aria-hidden />
          </ActionIcon>
        </ActionIcon.Group>
      </div>
      <Text size="sm" c="dimmed">
        {help}
      </Text>
      {own
        .filter(({ path }) => !shown.has(String(path[0])) && path[0] !== 'config')
        .map(({ message }) => (
          <Text key={message} size="sm" c="var(--rl-worse)" role="alert">
            ▲ {message}
          </Text>
        ))}
      <div className="rounds-settings">
        <NameField
          name={stage.name}
          taken={stages.filter(({ id }) => id !== stage.id).map(({ name }) => name)}
          problem={messageAt(own, 'name')}
          onRename={onRename}
        />
        {inputs.map((input) => {
          const name = input.replace('?', '');
          return name === 'reward' || !isInputName(name) ? null : (
            <Choice
              key={name}
              label={INPUTS[name].label}
              inputWrapperOrder={ORDER}
              description={INPUTS[name].help}
              data={choices(stages, at, 'policy')}
              value={stage.inputs[name] ?? null}
              error={messageAt(own, name)}
              clearable={input.endsWith('?')}
              placeholder={input.endsWith('?') ? 'as the policy' : 'Choose one'}
              onChange={(value: string | null) =>
                onChange({ ...stage, inputs: { ...stage.inputs, [name]: value ?? '' } })
              }
            />
          );
        })}
        {stage.rewards.length > 0 && (
          <RewardFields
            rewards={stage.rewards}
            data={choices(stages, at, 'reward')}
            problem={messageAt(own, 'reward')}
            onChange={(rewards) => onChange({ ...stage, rewards })}
          />
        )}
        {'ptxCoefficient' in settings && (
          <CorpusField
            stage={stage}
            corpora={corpora}
            problem={messageAt(own, 'corpus')}
            onChange={onChange}
          />
        )}
      </div>
      <SettingsForm
        settings={settings}
        values={stage.settings}
        problems={Object.fromEntries(
          problemsBelow(own, ['config']).map(({ path, message }) => [String(path[0]), message]),
        )}
        onChange={(values) => onChange({ ...stage, settings: values })}
      />
    </li>
  );
}

const ORDER: ('label' | 'input' | 'error' | 'description')[] = ['label', 'input', 'error', 'description'];

const isInputName = (name: string): name is InputName => name in INPUTS;

function messageAt(problems: readonly RoundProblem[], key: string): string | undefined {
  return problems.find(({ path }) => path[0] === key)?.message;
}

/** Policies that are there without a stage that makes them. */
const GIVEN: Readonly<Record<string, string>> = {
  start: 'start (of the round)',
  base: 'base (first of its line)',
};

/** What stage `at` may take, with a word on what is given. */
function choices(stages: readonly StageDraft[], at: number, kind: 'policy' | 'reward') {
  return [...new Set(choicesFor(stages, at, kind))].map((name) => ({
    value: name,
    label: GIVEN[name] ?? name,
  }));
}

interface MoveButtonProps {
  by: -1 | 1;
  title: string;
  isEnd: boolean;
  onMove: (by: -1 | 1) => void;
}

function MoveButton({ by, title, isEnd, onMove }: MoveButtonProps) {
  const Icon = by < 0 ? IconArrowUp : IconArrowDown;
  return (
    <ActionIcon
      variant="default"
      size="lg"
      aria-label={`Move ${title} ${by < 0 ? 'up' : 'down'}`}
      // Not `disabled`: at the end of its way the button keeps the focus of who presses it.
      aria-disabled={isEnd}
      onClick={() => !isEnd && onMove(by)}
    >
      <Icon size={18} aria-hidden opacity={isEnd ? 0.35 : 1} />
    </ActionIcon>
  );
}

interface RewardFieldsProps {
  rewards: readonly RewardDraft[];
  data: readonly { value: string; label: string }[];
  problem: string | undefined;
  onChange: (rewards: readonly RewardDraft[]) => void;
}

/** One reward model, or several with weights. */
function RewardFields({ rewards, data, problem, onChange }: RewardFieldsProps) {
  const change = (at: number, next: Partial<RewardDraft>) =>
    onChange(rewards.map((one, i) => (i === at ? { ...one, ...next } : one)));
  const several = rewards.length > 1;
  return (
    <div className={several ? 'rounds-rewards' : undefined}>
      {rewards.map(({ stage, weight }, i) => (
        <div key={i} className="rounds-reward">
          <Choice
            label={several ? `Reward model ${i + 1}` : 'Reward model'}
            data={data}
            value={stage}
            placeholder="Choose one"
            error={i === 0 ? problem : undefined}
            onChange={(value) => change(i, { stage: value })}
          />
          {several && (
            <TextInput
              label="Weight"
              inputMode="decimal"
              aria-label={`Weight of reward model ${i + 1}`}
              value={weight}
              onChange={(event) => change(i, { weight: event.currentTarget.value })}
            />
          )}
          {several && (
            <ActionIcon
              variant="default"
              size="lg"
              aria-label={`Remove reward model ${i + 1}`}
              onClick={() => onChange(rewards.filter((_, other) => other !== i))}
            >
              <IconX size={18} aria-hidden />
            </ActionIcon>
          )}
        </div>
      ))}
      {data.length > rewards.length && (
        <Button
          size="compact-xs"
          variant="subtle"
          onClick={() => onChange([...rewards, { stage: data[rewards.length]?.value ?? '', weight: '1' }])}
        >
          Add another reward model
        </Button>
      )}
    </div>
  );
}
