import { countPairs, preferencesOf, renderPrompt, type SnapshotLine } from '@rankloop/core';
import { capLabelerShare, type PreferenceExample } from '@rankloop/rl';

export interface ExamplesOptions {
  lines: AsyncIterable<SnapshotLine>;
  /** No person's judgements weigh more than this share of all. */
  maxPersonShare: number;
}

interface Weighed {
  labelerId: string;
  weight: number;
  judgement: PreferenceExample['judgements'][number];
}

/**
 * A snapshot as the reward model reads it: one example per task with every judgement of it. An edited text is one more
 * output of its task, preferred over the one that it was made from.
 */
export async function buildExamples({
  lines,
  maxPersonShare,
}: ExamplesOptions): Promise<PreferenceExample[]> {
  const tasks = new Map<string, PreferenceExample>();
  const weighed: Weighed[] = [];
  for await (const line of lines) {
    const { ranks, strength, edits } = preferencesOf(line, line.completionIds);
    if (countPairs(ranks ?? []) === 0 && edits.length === 0) continue;
    const example = tasks.get(line.taskId) ?? {
      promptId: line.promptId,
      promptText: renderPrompt(line.conversation),
      conversation: line.conversation,
      completions: line.outputs.map(({ text }) => text),
      judgements: [],
    };
    tasks.set(line.taskId, example);
    const add = (judgement: Weighed['judgement']) => {
      example.judgements.push(judgement);
      weighed.push({ labelerId: line.labelerId, weight: 1, judgement });
    };
    if (ranks !== null) {
      add({ id: line.id, ranks, weight: 1, ...(strength !== null && { strength }) });
    }
    for (const { output, text } of edits) {
      if (text === example.completions[output]) continue;
      const edited = example.completions.push(text) - 1;
      const preference: (number | null)[] = [];
      preference[output] = 2;
      preference[edited] = 1;
      add({ id: `${line.id} edit ${output}`, ranks: preference, weight: 1 });
    }
  }
  const weights = capLabelerShare(weighed, maxPersonShare);
  for (const [i, { judgement }] of weighed.entries()) judgement.weight = weights[i] ?? 1;
  return [...tasks.values()].filter(({ judgements }) => judgements.length > 0).map(fillRanks);
}

/** Outputs that came later (edits) are not ranked by the judgements before them. */
function fillRanks(example: PreferenceExample): PreferenceExample {
  const judgements = example.judgements.map((judgement) => ({
    ...judgement,
    ranks: example.completions.map((_, i) => judgement.ranks[i] ?? null),
  }));
  return { ...example, judgements };
}
