// From ranks to ordered pairs. Rankings with ties and unranked outputs stay first-class up to here.

import type { ScorePair } from '../losses/pair-loss.ts';

export interface OrderedPair {
  /** Index of the preferred output within the task. */
  readonly better: number;
  readonly worse: number;
  /** 1 for a strict preference; a tie gives both directions with one half each. */
  readonly share: number;
}

/**
 * The pairs that a judgement's ranks order. Equal ranks are a tie, null is not ranked.
 *
 * `drop`: tied outputs give no pair. `half`: they give a pair in each direction with weight one half, which is the
 * cross-entropy against the label ½ and pulls their scores together.
 */
export function pairsOfRanks(
  ranks: readonly (number | null)[],
  ties: 'drop' | 'half' = 'drop',
): OrderedPair[] {
  const pairs: OrderedPair[] = [];
  for (let i = 0; i < ranks.length; i++) {
    for (let j = i + 1; j < ranks.length; j++) {
      const [a, b] = [ranks[i] ?? null, ranks[j] ?? null];
      if (a === null || b === null) continue;
      if (a < b) pairs.push({ better: i, worse: j, share: 1 });
      else if (b < a) pairs.push({ better: j, worse: i, share: 1 });
      else if (ties === 'half') {
        pairs.push({ better: i, worse: j, share: 0.5 }, { better: j, worse: i, share: 0.5 });
      }
    }
  }
  return pairs;
}

export interface WeightedJudgement {
  /** Indices into the batch's scores. */
  readonly pairs: readonly OrderedPair[];
  /** w_j >= 0 */
  readonly weight: number;
  readonly margin: number;
}

/**
 * Weights that turn Σ_p w_p ℓ_p into the weighted mean over judgements of each judgement's mean over its own pairs:
 *
 *   w_p = w_j / Σ_j w_j · share_p / Σ_{q in j} share_q
 *
 * So the K-way loss divides by the pairs that survive, a judgement counts the same for every K, and one without a
 * pair counts nothing, also not in Σ_j.
 */
export function weighPairs(judgements: readonly WeightedJudgement[]): ScorePair[] {
  const counted = judgements.filter((judgement) => judgement.pairs.length > 0 && judgement.weight > 0);
  const total = counted.reduce((sum, judgement) => sum + judgement.weight, 0);
  return counted.flatMap(({ pairs, weight, margin }) => {
    const shares = pairs.reduce((sum, pair) => sum + pair.share, 0);
    return pairs.map(({ better, worse, share }) => ({
      better,
      worse,
      margin,
      weight: ((weight / total) * share) / shares,
    }));
  });
}
