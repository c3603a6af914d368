import { SCALE_RANGE, type FormSpec } from '@rankloop/contracts';
import { marksOf, preferencesOf, renderPrompt, type SnapshotLine } from '@rankloop/core';
import type { PreferenceExample } from '@rankloop/rl';
import { capShares } from './shares.ts';

type Judgement = PreferenceExample['judgements'][number];

interface Weighed {
  labelerId: string;
  weight: number;
  taskId: string;
  judgement: Judgement;
}

interface Task {
  promptId: string;
  promptText: string;
  conversation: SnapshotLine['conversation'];
  completions: string[];
  cutOff: boolean[];
}

interface PreferencesOptions {
  /** Where a stage learns the ratings themselves: the forms by the id of their version. */
  ratingForms?: ReadonlyMap<string, FormSpec> | undefined;
  /** Whether a stage learns from ties: then a judgement that ties all it ranks counts too. */
  withTies?: boolean;
}

/**
 * Judgements as those recipes read them that learn which output is preferred: one example per task with every judgement
 * of it. An edited text is one more output of its task, preferred over the one that it was made from.
 */
export class Preferences {
  readonly #tasks = new Map<string, Task>();
  readonly #judgements: Weighed[] = [];
  readonly #ratingForms: ReadonlyMap<string, FormSpec>;
  readonly #withTies: boolean;

  constructor({ ratingForms = new Map(), withTies = false }: PreferencesOptions = {}) {
    this.#ratingForms = ratingForms;
    this.#withTies = withTies;
  }

  /** @returns whether the line says anything to a stage that learns preferences */
  add(line: SnapshotLine): boolean {
    const { tied, strength, edits, ...said } = preferencesOf(line, line.completionIds);
    const ranks = said.ranks ?? (this.#withTies ? tied : null);
    const ratings = ratingsOf(line, this.#ratingForms);
    if (ranks === null && edits.length === 0 && ratings === null) return false;
    const { taskId, labelerId } = line;
    const task = this.#tasks.get(taskId) ?? toTask(line);
    this.#tasks.set(taskId, task);
    const before = this.#judgements.length;
    const add = (judgement: Judgement) => this.#judgements.push({ labelerId, weight: 1, taskId, judgement });
    if (ranks !== null || ratings !== null) {
      add({
        id: line.id,
        ranks: ranks ?? task.completions.map(() => null),
        weight: 1,
        ...(strength !== null && { strength }),
        ...(ratings !== null && { ratings }),
      });
    }
    for (const { output, text } of edits) {
      if (text === task.completions[output]) continue;
      const edited = task.completions.push(text) - 1;
      task.cutOff.push(false);
      const preference: (number | null)[] = [];
      preference[output] = 2;
      preference[edited] = 1;
      add({ id: `${line.id} edit ${output}`, ranks: preference, weight: 1 });
    }
    return this.#judgements.length > before;
  }

  /** @param maxPersonShare no person's judgements weigh more than this share of all */
  examples(maxPersonShare?: number): PreferenceExample[] {
    const byTask = new Map<string, Judgement[]>();
    for (const { taskId, judgement, weight } of capShares(this.#judgements, maxPersonShare)) {
      const judgements = byTask.get(taskId) ?? [];
      byTask.set(taskId, judgements);
      judgements.push({ ...judgement, weight });
    }
    return [...this.#tasks].flatMap(([taskId, task]) => {
      const judgements = byTask.get(taskId);
      return judgements === undefined ? [] : [fillRanks({ ...task, judgements })];
    });
  }
}

function toTask({ promptId, conversation, outputs }: SnapshotLine): Task {
  return {
    promptId,
    promptText: renderPrompt(conversation),
    conversation,
    completions: outputs.map(({ text }) => text),
    cutOff: outputs.map(({ isCutOff }) => isCutOff),
  };
}

/** From 0 for the lowest mark of the form's scale to 1 for the highest; null where the line rates nothing. */
function ratingsOf(line: SnapshotLine, forms: ReadonlyMap<string, FormSpec>): (number | null)[] | null {
  const marks = marksOf(line, line.completionIds, forms.get(line.formVersionId));
  if (marks.length === 0) return null;
  const ratings = line.completionIds.map((): number | null => null);
  for (const { output, value, scale } of marks) {
    const { min, max } = SCALE_RANGE[scale];
    ratings[output] = (value - min) / (max - min);
  }
  return ratings;
}

/** Outputs that came later (edits) are not ranked or rated by the judgements before them. */
function fillRanks(example: PreferenceExample): PreferenceExample {
  const judgements = example.judgements.map((judgement) => ({
    ...judgement,
    ranks: example.completions.map((_, i) => judgement.ranks[i] ?? null),
    ...(judgement.ratings && { ratings: example.completions.map((_, i) => judgement.ratings?.[i] ?? null) }),
  }));
  return { ...example, judgements };
}
