'use client';

import { Button, Text } from '@mantine/core';
import { MAX_STAGES, RECIPES, RecipeName, type RoundDraft, type RoundProblem } from '@rankloop/contracts';
import { IconPlus } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { Menu, MenuItem } from '../../components/menu.tsx';
import { moveStage, newStage, renameStage, type StageDraft } from './round-draft.ts';
import { StageCard } from './stage-card.tsx';

interface StageListProps {
  stages: readonly StageDraft[];
  corpora: RoundDraft['corpora'];
  problems: readonly RoundProblem[];
  onChange: (stages: readonly StageDraft[]) => void;
}

/** The stages of a round in the order in which they run. */
export function StageList({ stages, corpora, problems, onChange }: StageListProps) {
  // What has just happened, for those who do not see the list change.
  const [said, setSaid] = useState('');
  // The button that added a stage moves down with it, out of sight: the new stage is where work goes on.
  const nextFocus = useRef<number>(undefined);
  useEffect(() => {
    if (nextFocus.current === undefined) return;
    document.getElementById(`stage-${nextFocus.current}`)?.querySelector('input')?.focus();
    nextFocus.current = undefined;
  }, [stages]);
  const titleOf = ({ recipe, name }: StageDraft) => `${RECIPES[recipe].label} "${name}"`;
  const move = (stage: StageDraft, at: number, by: -1 | 1) => {
    onChange(moveStage(stages, at, by));
    setSaid(`${titleOf(stage)} is now stage ${at + 1 + by} of ${stages.length}.`);
  };
  const remove = (stage: StageDraft, at: number) => {
    // The button goes with its stage.
    nextFocus.current = (stages[at + 1] ?? stages[at - 1])?.id;
    onChange(stages.filter(({ id }) => id !== stage.id));
    setSaid(`${titleOf(stage)} was taken out.`);
  };
  const add = (recipe: RecipeName) => {
    const stage = newStage(stages, recipe);
    nextFocus.current = stage.id;
    onChange([...stages, stage]);
    setSaid(`${titleOf(stage)} was added as stage ${stages.length + 1}.`);
  };
  return (
    <section aria-labelledby="stages">
      <h2 id="stages" className="rounds-part">
        Stages
      </h2>
      <Text size="sm" c="dimmed" mb="sm">
        They run from top to bottom. Afterwards every round compares the last policy with the base and draws
        new outputs from it.
      </Text>
      <ol className="rounds-stage-list">
        {stages.map((stage, at) => (
          <StageCard
            key={stage.id}
            stages={stages}
            at={at}
            corpora={corpora}
            problems={problems}
            onChange={(next) => onChange(stages.map((one) => (one.id === stage.id ? next : one)))}
            onRename={(name) => onChange(renameStage(stages, at, name))}
            onMove={(by) => move(stage, at, by)}
            onRemove={() => remove(stage, at)}
          />
        ))}
      </ol>
      <Menu
        label="Recipes"
        widthPx={320}
        button={(target) => (
          <Button
            variant="default"
            leftSection={<IconPlus size={16} aria-hidden />}
            disabled={stages.length >= MAX_STAGES}
            {...target}
          >
            Add a stage
          </Button>
        )}
      >
        {RecipeName.options.map((recipe) => (
          <MenuItem key={recipe} onClick={() => add(recipe)}>
            {RECIPES[recipe].label}
            <Text size="xs" c="dimmed" component="span" display="block">
              {RECIPES[recipe].help}
            </Text>
          </MenuItem>
        ))}
      </Menu>
      <p className="rl-visually-hidden" role="status">
        {said}
      </p>
    </section>
  );
}
