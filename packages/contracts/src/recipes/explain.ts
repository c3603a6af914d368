import type { z } from 'zod';
import { ROUND_SETTINGS } from './pipeline.ts';
import { SAMPLING_SETTINGS } from './sampling.ts';
import type { Setting } from './settings.ts';
import { RecipeName } from './recipe-name.ts';
import { RECIPES } from './stages.ts';

/** What is wrong with a round's configuration: where, and how to mend it. */
export interface RoundProblem {
  /** From the configuration on, such as `['stages', 1, 'config', 'beta']`; ends with the name that is wrong. */
  path: readonly (string | number)[];
  /** A sentence for the person who wrote it. */
  message: string;
}

type Settings = Readonly<Record<string, Setting>>;

/** The settings that stand at a place of a configuration; null where there are none. */
function settingsAt(config: unknown, path: readonly PropertyKey[]): Settings | null {
  const [section, index, part] = path;
  if (section === undefined) return ROUND_SETTINGS;
  if (section === 'sampling') return SAMPLING_SETTINGS;
  if (section !== 'stages' || typeof index !== 'number' || part !== 'config') return null;
  const recipe = RecipeName.safeParse(valueAt(config, ['stages', index, 'recipe']));
  return recipe.success ? RECIPES[recipe.data].settings : null;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    value,
  );
}

/** What a check of `config` has found, in words. The check's own words are for programmers. */
export function explainRoundIssues(config: unknown, error: z.ZodError): RoundProblem[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
    if (issue.code === 'unrecognized_keys') {
      const known = Object.keys(settingsAt(config, path) ?? {});
      return issue.keys.map((key) => ({ path: [...path, key], message: unknownName(key, known) }));
    }
    return [{ path, message: explainOne(config, path, issue) }];
  });
}

function explainOne(config: unknown, path: readonly PropertyKey[], issue: z.core.$ZodIssue): string {
  const setting = settingsAt(config, path.slice(0, -1))?.[String(path.at(-1))];
  if (setting && issue.code !== 'custom') return demandOf(setting);
  if (path.at(-1) === 'reward' && valueAt(config, path) === '')
    return 'Choose a stage that makes a reward model; put one before this stage if there is none.';
  if (issue.code === 'invalid_union' && path.at(-1) === 'reward')
    return 'Give the name of a stage that makes a reward model, or a list of "stage" and "weight".';
  if (issue.code === 'invalid_type') {
    if (issue.expected === 'array') return 'Give a list, each line beginning with "- ".';
    if (issue.expected === 'object') return 'Give names with values, such as "seed: 1".';
    if (issue.expected === 'string') return 'Give a name.';
  }
  return issue.message;
}

/** What may stand there. */
function demandOf(setting: Setting): string {
  switch (setting.kind) {
    case 'choice':
      return `Choose one of: ${setting.choices.join(', ')}.`;
    case 'switch':
      return 'Give true or false.';
    default:
      return `Give ${setting.kind === 'integer' ? 'a whole number' : 'a number'} from ${setting.min} to ${setting.max}.`;
  }
}

function unknownName(name: string, known: readonly string[]): string {
  const near = known.find((one) => plain(one) === plain(name)) ?? known.find((one) => isNear(one, name));
  if (near !== undefined) return `There is no "${name}" here. Did you mean "${near}"?`;
  return known.length > 0
    ? `There is no "${name}" here. There are: ${known.join(', ')}.`
    : `There is no "${name}" here. Take it out.`;
}

const plain = (name: string) => name.toLowerCase().replace(/[-_ ]/g, '');

/** One begins with the other, or they differ in one letter. */
function isNear(a: string, b: string): boolean {
  const [x, y] = [plain(a), plain(b)];
  if (x.startsWith(y) || y.startsWith(x)) return Math.min(x.length, y.length) >= 4;
  if (x.length !== y.length) return false;
  return Array.from(x).filter((letter, i) => letter !== y[i]).length <= 1;
}
