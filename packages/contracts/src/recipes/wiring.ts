import { isGivenPolicy, RESERVED_STAGE_NAMES } from './stage-names.ts';
import { type RecipeName } from './recipe-name.ts';
import { RECIPES, type Makes, type StageOf, type StageSpec } from './stages.ts';

/** What a stage takes, by name, and where in its spec the name stands. */
export interface StageInput {
  path: (string | number)[];
  name: string;
  kind: Makes;
}

export function inputsOf(stage: StageSpec): StageInput[] {
  const inputs: StageInput[] = [];
  const add = (kind: Makes, name: string | undefined, ...path: StageInput['path']) => {
    if (name !== undefined) inputs.push({ path, name, kind });
  };
  if ('from' in stage) add('policy', stage.from, 'from');
  if ('policy' in stage) add('policy', stage.policy, 'policy');
  if ('reference' in stage) add('policy', stage.reference, 'reference');
  if ('sampler' in stage) add('policy', stage.sampler, 'sampler');
  if ('reward' in stage) {
    if (typeof stage.reward === 'string') add('reward', stage.reward, 'reward');
    else for (const [i, one] of stage.reward.entries()) add('reward', one.stage, 'reward', i, 'stage');
  }
  return inputs;
}

export interface WiringFault {
  /** From the list of stages on, such as `[1, "reward"]`. */
  path: (string | number)[];
  message: string;
}

/**
 * What is wrong with the way in which stages take from each other, as sentences that say how to mend it. Made for
 * nothing is wrong too: hours of training would go nowhere.
 */
export function findWiringFaults(stages: readonly StageSpec[]): WiringFault[] {
  return [...findNameFaults(stages), ...findInputFaults(stages), ...findUnused(stages)];
}

function findNameFaults(stages: readonly StageSpec[]): WiringFault[] {
  return stages.flatMap(({ name }, i) => {
    const path = [i, 'name'];
    if (RESERVED_STAGE_NAMES.some((reserved) => reserved === name))
      return [{ path, message: `"${name}" has a meaning of its own. Give this stage another name.` }];
    const first = stages.findIndex((stage) => stage.name === name);
    return first < i
      ? [{ path, message: `Stage ${first + 1} is called "${name}" too. Give one of them another name.` }]
      : [];
  });
}

function findInputFaults(stages: readonly StageSpec[]): WiringFault[] {
  return stages.flatMap((stage, i) =>
    inputsOf(stage).flatMap(({ path, name, kind }) => {
      const message = faultOfInput(stages, i, name, kind);
      return message === null ? [] : [{ path: [i, ...path], message }];
    }),
  );
}

const CALLED: Record<Makes, string> = { policy: 'a policy', reward: 'a reward model' };

function faultOfInput(stages: readonly StageSpec[], at: number, name: string, kind: Makes): string | null {
  if (isGivenPolicy(name)) {
    return kind === 'policy'
      ? null
      : `"${name}" is a policy; a reward model is needed here. ${offer(stages, at, kind)}`;
  }
  const made = stages.findIndex((stage) => stage.name === name);
  const maker = stages[made];
  if (maker === undefined) return `No stage is called "${name}". ${offer(stages, at, kind)}`;
  if (made === at) return `A stage cannot take what it makes itself. ${offer(stages, at, kind)}`;
  if (made > at) return `"${name}" comes later. Move it before this stage. ${offer(stages, at, kind)}`;
  const { makes } = RECIPES[maker.recipe];
  if (makes === kind) return null;
  return `"${name}" makes ${CALLED[makes]}; ${CALLED[kind]} is needed here. ${offer(stages, at, kind)}`;
}

/** What an input may be called, as a sentence. */
function offer(stages: readonly StageSpec[], at: number, kind: Makes): string {
  const names = choicesFor(stages, at, kind);
  return names.length > 0
    ? `Choose one of: ${names.join(', ')}.`
    : 'Put a stage before it that makes one, with the recipe "reward".';
}

/** The names that stage `at` may take: what is given, and what earlier stages make. */
export function choicesFor(
  stages: readonly Pick<StageSpec, 'name' | 'recipe'>[],
  at: number,
  kind: Makes,
): string[] {
  const made = stages.slice(0, at).filter(({ recipe }) => RECIPES[recipe].makes === kind);
  return [...(kind === 'policy' ? ['start', 'base'] : []), ...made.map(({ name }) => name)];
}

function findUnused(stages: readonly StageSpec[]): WiringFault[] {
  const taken = new Set(stages.flatMap((stage) => inputsOf(stage).map(({ name }) => name)));
  const kept = [lastMade(stages, 'policy'), lastMade(stages, 'reward')];
  return stages.flatMap((stage, i) => {
    if (taken.has(stage.name) || kept.includes(stage)) return [];
    const message = `Nothing takes what "${stage.name}" makes. Name it as an input of a later stage, or take the stage out.`;
    return [{ path: [i], message }];
  });
}

/** The stage whose policy the round ends with, or whose reward model scores the comparison. */
export function lastMade(stages: readonly StageSpec[], kind: Makes): StageSpec | undefined {
  return stages.findLast(({ recipe }) => RECIPES[recipe].makes === kind);
}

/** The last stage of a recipe. @throws Error if there is none */
export function getStage<Name extends RecipeName>(stages: readonly StageSpec[], recipe: Name): StageOf<Name> {
  const isOf = (stage: StageSpec): stage is StageOf<Name> => stage.recipe === recipe;
  const found = stages.findLast(isOf);
  if (!found) throw new Error(`No stage has the recipe "${recipe}".`);
  return found;
}
