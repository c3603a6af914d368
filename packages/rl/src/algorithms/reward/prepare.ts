// Judgements as ordered pairs and texts as tokens, ready for the loss.

import type { RewardConfig } from '@rankloop/contracts';
import { pairsOfRanks, type OrderedPair } from '../../data/pairs.ts';
import type { RewardModel } from '../reward-model.ts';
import type { PreferenceExample } from '../types.ts';

/** One batch element: a prompt with the outputs that any of its judgements compares. */
export interface PreparedPrompt {
  readonly promptText: string;
  /** Encoded prompt + output, one per output that occurs in a pair. */
  readonly rows: readonly (readonly number[])[];
  /** Indices are into `rows`. */
  readonly judgements: readonly PreparedJudgement[];
}

interface PreparedJudgement {
  readonly pairs: readonly OrderedPair[];
  readonly weight: number;
  readonly margin: number;
}

/** Examples without a pair are left out, and counted. */
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
    for (const { ranks, weight, strength } of judgements) {
      if (ranks.length !== completions.length) {
        throw new Error(`A judgement has ${ranks.length} ranks for ${completions.length} outputs.`);
      }
      const pairs = pairsOfRanks(ranks, config.ties);
      if (pairs.length === 0 || weight <= 0) {
        counts.skipped += 1;
        continue;
      }
      counts.judgements += 1;
      counts.pairs += pairs.length;
      prepared.push({
        pairs: pairs.map(({ better, worse, share }) => ({ better: row(better), worse: row(worse), share })),
        weight,
        margin: config.marginScale * Math.abs(strength ?? 0),
      });
    }
    if (prepared.length > 0) prompts.push({ promptText, rows, judgements: prepared });
  }
  return { prompts, ...counts };
}
