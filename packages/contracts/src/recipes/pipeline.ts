import { z } from 'zod';
import { PPO_SETTINGS } from './ppo.ts';
import { REWARD_SETTINGS } from './reward.ts';
import { SAMPLING_SETTINGS, SamplingConfig } from './sampling.ts';
import { numberOf, type Setting } from './settings.ts';
import { StageSpec } from './stages.ts';
import { findWiringFaults } from './wiring.ts';

export const ROUND_SETTINGS = {
  outputsPerTask: {
    kind: 'integer',
    label: 'Outputs per new task',
    help: 'How many outputs of the new policy people see side by side.',
    group: 'usual',
    literature: 'InstructGPT 4 to 9',
    min: 2,
    max: 16,
    default: 4,
  },
  policiesPerTask: {
    kind: 'integer',
    label: 'Policies that draw them',
    help: 'The new policy and those that were in use last draw the outputs of a task in turn. 1: the new one alone.',
    group: 'more',
    literature: 'Bai et al. several',
    min: 1,
    max: 8,
    default: 1,
  },
  newTasks: {
    kind: 'integer',
    label: 'New tasks',
    help: 'How many prompts get new outputs and go to the labelers.',
    group: 'usual',
    literature: 'not stated',
    min: 0,
    max: 100_000,
    default: 100,
  },
  comparePrompts: {
    kind: 'integer',
    label: 'Prompts to compare on',
    help: 'Base and new policy are compared on this many prompts that did not train.',
    group: 'more',
    literature: 'RSO 500',
    min: 0,
    max: 10_000,
    default: 100,
  },
  seed: {
    kind: 'integer',
    label: 'Seed',
    help: 'The same seed, data and settings give the same round.',
    group: 'all',
    literature: 'not stated',
    min: 0,
    max: 2_147_483_647,
    default: 1,
  },
} as const satisfies Record<string, Setting>;

export const MAX_STAGES = 12;

/** A reward model from the judgements, then PPO against it. */
const STANDARD_STAGES: z.input<typeof StageSpec>[] = [{ recipe: 'reward' }, { recipe: 'ppo' }];

/** A round as it is stored. */
const Pipeline = z
  .strictObject({
    outputsPerTask: numberOf(ROUND_SETTINGS.outputsPerTask),
    policiesPerTask: numberOf(ROUND_SETTINGS.policiesPerTask),
    newTasks: numberOf(ROUND_SETTINGS.newTasks),
    comparePrompts: numberOf(ROUND_SETTINGS.comparePrompts),
    seed: numberOf(ROUND_SETTINGS.seed),
    sampling: SamplingConfig.prefault({}),
    stages: z
      .array(StageSpec)
      .min(1, 'A round needs at least one stage.')
      .max(MAX_STAGES, `A round has at most ${MAX_STAGES} stages.`)
      .prefault(STANDARD_STAGES),
  })
  .superRefine(({ stages }, context) => {
    for (const { path, message } of findWiringFaults(stages))
      context.addIssue({ code: 'custom', path: ['stages', ...path], message });
  });

/** A round's list of stages, which run in order, and what is done with the last policy that they make. */
export const RoundConfig = z.preprocess(readOldShape, Pipeline);
export type RoundConfig = z.infer<typeof RoundConfig>;
export type RoundConfigInput = z.input<typeof Pipeline>;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Rounds were once a reward model and PPO, and nothing else: `{ reward, ppo, ... }` still means that. */
function readOldShape(value: unknown): unknown {
  if (!isRecord(value) || 'stages' in value) return value;
  const { recipe, reward, ppo, ...round } = value;
  if (recipe !== 'ppo' && reward === undefined && ppo === undefined) return value;
  return {
    ...round,
    // Another recipe never was: it stays, to be refused as a name that does not exist.
    ...(recipe !== 'ppo' && recipe !== undefined && { recipe }),
    stages: [
      { recipe: 'reward', ...(reward !== undefined && { config: reward }) },
      { recipe: 'ppo', ...(ppo !== undefined && { config: ppo }) },
    ],
  };
}

/** Settings of a round of one reward model and PPO, in the order of its form. */
export const ROUND_SETTING_SECTIONS = {
  round: ROUND_SETTINGS,
  reward: REWARD_SETTINGS,
  ppo: PPO_SETTINGS,
  sampling: SAMPLING_SETTINGS,
} as const satisfies Record<string, Record<string, Setting>>;
