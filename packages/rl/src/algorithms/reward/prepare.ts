// Judgements as what the objective learns, and texts as tokens, ready for the loss.

import type { RewardConfig } from '@rankloop/contracts';
import { drawsOfRanks, type Draw } from '../../data/draws.ts';
import { pairsOfRanks, type OrderedPair } from '../../data/pairs.ts';
import type { RewardModel } from '../reward-model.ts';
import type { PreferenceExample, PreferenceJudgement } from '../types.ts';

/** One batch element: a prompt with the outputs that any of its judgements is about. */
export interface PreparedPrompt {
  readonly promptText: string;
  /** Encoded prompt + output, one per output that a judgement is about. */
  readonly rows: readonly (readonly number[])[];
  /** Indices are into `rows`. */
  readonly judgements: readonly PreparedJudgement[];
  /** How often each head of an ensemble drew the prompt; once by default. */
  readonly counts?: readonly number[];
}

export interface PreparedJudgement {
  /** What accuracy is measured on, and what the objective `pairs` learns. */
  readonly pairs: readonly OrderedPair[];
  readonly weight: number;
  readonly margin: number;
  /** What plackett-luce and pick-best learn. */
  readonly draws?: readonly Draw[];
  /** What regression learns. */
  readonly ratings?: readonly Rating[];
}

export interface Rating {
  readonly row: number;
  readonly value: number;
}

/** Judgements that say nothing to the objective are left out, and counted. */
export function prepareExamples(
  model: RewardModel,
  examples: readonly PreferenceExample[],
  config: RewardConfig,
) {
  const counts = { judgements: 0, pairs: 0, skipped: 0, truncated: 0 };
  const prompts: PreparedPrompt[] = [];
  for (const { promptText, conversation, completions, judgements } of examples) {
    const prompt = { text: promptText, conversation };
    const rowOf = new Map<number, number>();
    const rows: number[][] = [];
    const row = (completion: number): number => {
      const known = rowOf.get(completion);
      if (known !== undefined) return known;
      const text = { prompt, completion: completions[completion] ?? '' };
      const { ids, isTruncated } = model.encode(text);
      if (isTruncated) counts.truncated += 1;
      rowOf.set(completion, rows.length);
      return rows.push(ids) - 1;
    };
    const prepared: PreparedJudgement[] = [];
    for (const judgement of judgements) {
      const said = readJudgement(judgement, completions.length, config);
      if (said === null) {
        counts.skipped += 1;
        continue;
      }
      counts.judgements += 1;
      counts.pairs += said.pairs.length;
      prepared.push(inRows(said, row));
    }
    if (prepared.length > 0) prompts.push({ promptText, rows, judgements: prepared });
  }
  return { prompts, ...counts };
}

/** Indices into the task's outputs; null where the judgement says nothing to the objective. */
function readJudgement(
  { ranks, ratings, weight, strength }: PreferenceJudgement,
  outputs: number,
  config: RewardConfig,
): PreparedJudgement | null {
  for (const [what, list] of [
    ['ranks', ranks],
    ['ratings', ratings ?? ranks],
  ] as const)
    if (list.length !== outputs)
      throw new Error(`A judgement has ${list.length} ${what} for ${outputs} outputs.`);
  if (weight <= 0) return null;
  const pairs = pairsOfRanks(ranks, config.ties);
  const margin = config.marginScale * Math.abs(strength ?? 0);
  const said = { pairs, weight, margin };
  switch (config.objective) {
    case 'pairs':
      return pairs.length === 0 ? null : said;
    case 'plackett-luce':
    case 'pick-best': {
      const draws = drawsOfRanks(ranks, config.objective, config.ties);
      return draws.length === 0 ? null : { ...said, draws };
    }
    case 'regression': {
      const rated = (ratings ?? []).flatMap((value, i) => (value === null ? [] : [{ row: i, value }]));
      return rated.length === 0 ? null : { ...said, ratings: rated };
    }
  }
}

/** The same with places among the prompt's rows, which are encoded where they first occur. */
function inRows(
  { pairs, draws, ratings, ...said }: PreparedJudgement,
  row: (completion: number) => number,
): PreparedJudgement {
  return {
    ...said,
    pairs: pairs.map(({ better, worse, share }) => ({ better: row(better), worse: row(worse), share })),
    ...(draws && {
      draws: draws.map(({ winner, others }) => ({ winner: row(winner), others: others.map(row) })),
    }),
    ...(ratings && { ratings: ratings.map(({ row: output, value }) => ({ row: row(output), value })) }),
  };
}
