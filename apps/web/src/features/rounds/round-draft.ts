import {
  choicesFor,
  RECIPES,
  ROUND_SETTINGS,
  type RoundConfig,
  SAMPLING_SETTINGS,
  type RecipeName,
  type Setting,
  type StageSpec,
} from '@rankloop/contracts';

/** Values as typed, by the setting's key: numbers as text, so that "3e-" may become "3e-4". */
export type Typed = Readonly<Record<string, string | boolean>>;

export interface RewardDraft {
  stage: string;
  /** As typed. */
  weight: string;
}

/** The inputs of a stage that are one name each. */
export type InputName = 'from' | 'policy' | 'reference' | 'sampler';

export interface StageDraft {
  /** Stays with the stage while it is renamed and moved. */
  id: number;
  name: string;
  recipe: RecipeName;
  /** Empty: left out. */
  inputs: Readonly<Partial<Record<InputName, string>>>;
  /** One name is one reward model with weight 1. */
  rewards: readonly RewardDraft[];
  settings: Typed;
  /** Parts of the stage that the form has no field for; they are kept. */
  others: Readonly<Record<string, unknown>>;
  /** The same of its `config`. */
  otherSettings: Readonly<Record<string, unknown>>;
}

/** What the form of a round holds. */
export interface RoundDraft {
  round: Typed;
  sampling: Typed;
  stages: readonly StageDraft[];
}

let lastId = 0;
const newId = () => (lastId += 1);

type Settings = Readonly<Record<string, Setting>>;
type Values = Readonly<Record<string, unknown>>;

export function draftOf(config: RoundConfig): RoundDraft {
  return {
    round: typedOf(ROUND_SETTINGS, config),
    sampling: typedOf(SAMPLING_SETTINGS, config.sampling),
    stages: config.stages.map(stageDraftOf),
  };
}

function typedOf(settings: Settings, values: Values): Typed {
  return Object.fromEntries(
    Object.entries(settings).map(([key, setting]) => {
      const value = values[key] ?? setting.default;
      return [key, typeof value === 'boolean' || typeof value === 'string' ? value : JSON.stringify(value)];
    }),
  );
}

const isInput = (key: string): key is InputName => ['from', 'policy', 'reference', 'sampler'].includes(key);

export function stageDraftOf(stage: StageSpec): StageDraft {
  const { name, recipe, config, ...rest } = stage;
  const { settings } = RECIPES[recipe];
  const inputs: Partial<Record<InputName, string>> = {};
  const others: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(rest)) {
    if (isInput(key) && typeof value === 'string') inputs[key] = value;
    else if (key !== 'reward') others[key] = value;
  }
  const reward = 'reward' in stage ? stage.reward : [];
  return {
    id: newId(),
    name,
    recipe,
    inputs,
    rewards:
      typeof reward === 'string'
        ? [{ stage: reward, weight: '1' }]
        : reward.map(({ stage: from, weight }) => ({ stage: from, weight: String(weight) })),
    settings: typedOf(settings, config),
    others,
    otherSettings: Object.fromEntries(Object.entries(config).filter(([key]) => !(key in settings))),
  };
}

/** The configuration that a draft says, right or wrong: whoever checks it names what is wrong. */
export function configOf(draft: RoundDraft): Record<string, unknown> {
  return {
    ...valuesOf(ROUND_SETTINGS, draft.round),
    sampling: valuesOf(SAMPLING_SETTINGS, draft.sampling),
    stages: draft.stages.map(specOf),
  };
}

function specOf(stage: StageDraft): Record<string, unknown> {
  const { name, recipe, inputs, rewards, settings, others, otherSettings } = stage;
  const [only] = rewards;
  const given = Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== ''));
  return {
    name,
    recipe,
    ...given,
    ...(only !== undefined && {
      reward:
        rewards.length === 1 && only.weight === '1'
          ? only.stage
          : rewards.map((one) => ({ stage: one.stage, weight: numberOf(one.weight) })),
    }),
    ...others,
    config: { ...valuesOf(RECIPES[recipe].settings, settings), ...otherSettings },
  };
}

function valuesOf(settings: Settings, typed: Typed): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings).map(([key, { kind }]) => {
      const value = typed[key] ?? '';
      const isNumber = kind === 'number' || kind === 'integer';
      return [key, isNumber && typeof value === 'string' ? numberOf(value) : value];
    }),
  );
}

/** What is not a number stays as it was typed, to be refused by name. */
function numberOf(text: string): number | string {
  const value = text.trim() === '' ? NaN : Number(text);
  return Number.isFinite(value) ? value : text;
}

/** A stage to add at the end: its inputs are the newest that earlier stages make. */
export function newStage(stages: readonly StageDraft[], recipe: RecipeName): StageDraft {
  const made = (kind: 'policy' | 'reward') => choicesFor(stages, stages.length, kind).at(-1);
  const isMade = (name: string | undefined) => stages.some((stage) => stage.name === name);
  const policy = made('policy');
  const reward = made('reward');
  const inputs: Partial<Record<InputName, string>> = {};
  for (const input of RECIPES[recipe].inputs) {
    if (input === 'policy' || input === 'from')
      inputs[input] = policy !== undefined && isMade(policy) ? policy : 'start';
  }
  const { settings, inputs: needed } = RECIPES[recipe];
  return {
    id: newId(),
    name: freeName(stages, recipe),
    recipe,
    inputs,
    rewards: needed.includes('reward') ? [{ stage: reward ?? '', weight: '1' }] : [],
    settings: typedOf(settings, {}),
    others: {},
    otherSettings: {},
  };
}

function freeName(stages: readonly StageDraft[], recipe: RecipeName): string {
  const taken = new Set(stages.map(({ name }) => name));
  if (!taken.has(recipe)) return recipe;
  let number = 2;
  while (taken.has(`${recipe}-${number}`)) number += 1;
  return `${recipe}-${number}`;
}

/** With the stage `by` places later; at an end it stays. */
export function moveStage(stages: readonly StageDraft[], at: number, by: -1 | 1): readonly StageDraft[] {
  const stage = stages[at];
  const to = at + by;
  if (stage === undefined || to < 0 || to >= stages.length) return stages;
  const others = stages.filter((_, i) => i !== at);
  return [...others.slice(0, to), stage, ...others.slice(to)];
}

/** With another name for a stage, which those that take from it follow. */
export function renameStage(stages: readonly StageDraft[], at: number, name: string): readonly StageDraft[] {
  const old = stages[at]?.name;
  const isOnly = stages.filter((stage) => stage.name === old).length === 1;
  const follow = (taken: string) => (isOnly && old !== '' && taken === old ? name : taken);
  return stages.map((stage, i) => ({
    ...stage,
    name: i === at ? name : stage.name,
    inputs: Object.fromEntries(Object.entries(stage.inputs).map(([key, taken]) => [key, follow(taken)])),
    rewards: stage.rewards.map((one) => ({ ...one, stage: follow(one.stage) })),
  }));
}

/** How many settings and stages differ between two configurations, for a sentence. */
export function countChanges(a: unknown, b: unknown): number {
  if (isObject(a) && isObject(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...keys].reduce((sum, key) => sum + countChanges(a[key], b[key]), 0);
  }
  return Object.is(a, b) ? 0 : 1;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
