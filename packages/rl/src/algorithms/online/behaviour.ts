// What the policy that drew a sample thought of its tokens, and how far the policy of now is from it.
//
// Stored log-probabilities are the sampler's: they differ from those of the training forward in the last digits, and by
// more where the sampler cut its distribution off (top k, top p) or drew at another temperature. Where the checkpoint
// that drew is at hand they are taken again, and the difference is reported.

import { CausalLm } from '../../models/causal-lm.ts';
import { evaluateTokens, LanguageModelActor } from '../ppo/actor-critic.ts';
import { average } from '../ppo/statistics.ts';
import type { ScoredSample } from './prepare.ts';

export interface BehaviourLogProbs {
  /** One list per sample. */
  logProbs: number[][];
  recomputed: number;
  /** Mean |stored - recomputed| per token; null where none was recomputed. */
  samplerGap: number | null;
}

interface Forward {
  readonly temperature: number;
  readonly chunkEpisodes: number;
  readonly pause: () => Promise<void>;
}

export async function behaviourLogProbs(
  samples: readonly ScoredSample[],
  behaviours: Readonly<Record<string, string>>,
  forward: Forward,
): Promise<BehaviourLogProbs> {
  const logProbs = samples.map(({ storedLogProbs }) => [...storedLogProbs]);
  const gaps: number[] = [];
  let recomputed = 0;
  for (const [name, dir] of Object.entries(behaviours)) {
    const own = samples.flatMap((sample, index) => (sample.drawnBy === name ? [{ sample, index }] : []));
    if (own.length === 0) continue;
    const again = await logProbsOf(
      dir,
      own.map(({ sample }) => sample),
      forward,
    );
    own.forEach(({ sample, index }, i) => {
      const values = again[i] ?? [];
      gaps.push(...values.map((value, t) => Math.abs(value - (sample.storedLogProbs[t] ?? NaN))));
      logProbs[index] = values;
    });
    recomputed += own.length;
  }
  return { logProbs, recomputed, samplerGap: gaps.length === 0 ? null : average(gaps, (gap) => gap) };
}

/** log π of every token by the policy of a folder, which is loaded for this alone. */
export async function logProbsOf(
  dir: string,
  samples: readonly ScoredSample[],
  { temperature, ...options }: Forward,
): Promise<number[][]> {
  const model = await CausalLm.fromFolder(dir);
  const actor = new LanguageModelActor(model, temperature);
  try {
    return await evaluateTokens(samples, actor.evaluate, options);
  } finally {
    actor.dispose();
    model.dispose();
  }
}

/**
 * The factor by which two policies differ over a sample:
 *
 *   token      exp(mean over tokens of |log π - log π_old|)
 *   sequence   exp(|Σ over tokens of (log π - log π_old)|)
 *
 * At least 1; infinite where a policy finds a token impossible.
 */
export function staleness(
  logProbs: readonly number[],
  oldLogProbs: readonly number[],
  measure: 'token' | 'sequence',
): number {
  const logRatios = logProbs.map((logProb, t) => logProb - (oldLogProbs[t] ?? NaN));
  const sum = logRatios.reduce((total, one) => total + (measure === 'token' ? Math.abs(one) : one), 0);
  const distance = measure === 'token' ? sum / logRatios.length : Math.abs(sum);
  return Number.isNaN(distance) ? Infinity : Math.exp(distance);
}
