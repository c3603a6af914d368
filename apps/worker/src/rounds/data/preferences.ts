import { countPairs, preferencesOf, renderPrompt, type SnapshotLine } from '@rankloop/core';
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
}

/**
 * Judgements as those recipes read them that learn which output is preferred: one example per task with every judgement
 * of it. An edited text is one more output of its task, preferred over the one that it was made from.
 */
export class Preferences {
  readonly #tasks = new Map<string, Task>();
  readonly #judgements: Weighed[] = [];

  /** @returns whether the line prefers anything */
  add(line: SnapshotLine): boolean {
    const { ranks, strength, edits } = preferencesOf(line, line.completionIds);
    if (countPairs(ranks ?? []) === 0 && edits.length === 0) return false;
    const { taskId, labelerId } = line;
    const task = this.#tasks.get(taskId) ?? toTask(line);
    this.#tasks.set(taskId, task);
    const before = this.#judgements.length;
    const add = (judgement: Judgement) => this.#judgements.push({ labelerId, weight: 1, taskId, judgement });
    if (ranks !== null) add({ id: line.id, ranks, weight: 1, ...(strength !== null && { strength }) });
    for (const { output, text } of edits) {
      if (text === task.completions[output]) continue;
      const edited = task.completions.push(text) - 1;
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
  };
}

/** Outputs that came later (edits) are not ranked by the judgements before them. */
function fillRanks(example: PreferenceExample): PreferenceExample {
  const judgements = example.judgements.map((judgement) => ({
    ...judgement,
    ranks: example.completions.map((_, i) => judgement.ranks[i] ?? null),
  }));
  return { ...example, judgements };
}
