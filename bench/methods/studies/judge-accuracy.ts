// How good a reward model is, against the crowd's own limit, on pairs that nobody has seen.

import {
  createRandom,
  preferenceProbability,
  type CrowdMember,
  type SmallWorld,
  type WorldPrompt,
} from '@rankloop/demo';
import { loadRewardSource } from '@rankloop/rl';
import { writeDifferent, type Utility } from '../labels.ts';

const CHUNK = 2_000;

export interface AccuracyAgainstBayes {
  /** Percent of the crowd's strict judgements foretold. */
  accuracy: number;
  /** The same for somebody who knows everything; no reward model can be above it but by luck of the pairs. */
  bayes: number;
}

export interface UnseenPair {
  prompt: WorldPrompt;
  completions: readonly string[];
}

interface Judges {
  crowd: readonly CrowdMember[];
  utility: Utility;
}

/** Pairs for held-out prompts by the same writers as the labels. */
export function writeUnseenPairs(world: SmallWorld, seed: number, count: number): UnseenPair[] {
  const random = createRandom(seed * 15_485_863 + 5);
  return Array.from({ length: count }, () => {
    const prompt = random.pick(world.prompts.heldOut);
    return { prompt, completions: writeDifferent(world, prompt, { random, count: 2 }) };
  });
}

/** Of a reward model on such pairs. */
export async function accuracyAgainstBayes({
  world,
  pairs,
  seed,
  ...judges
}: Judges & {
  rewardDir: string;
  world: SmallWorld;
  pairs: number;
  seed: number;
}): Promise<AccuracyAgainstBayes> {
  return accuracyOn(judges, writeUnseenPairs(world, seed, pairs));
}

export async function accuracyOn(
  { rewardDir, ...judges }: Judges & { rewardDir: string },
  pairs: readonly UnseenPair[],
): Promise<AccuracyAgainstBayes> {
  const rewards = await loadRewardSource(rewardDir);
  const scores: number[] = [];
  try {
    for (let done = 0; done < pairs.length; done += CHUNK) {
      const chunk = pairs.slice(done, done + CHUNK);
      const texts = chunk.flatMap(({ prompt, completions }) =>
        completions.map((completion) => ({ prompt, completion })),
      );
      scores.push(...(await rewards.score(texts)));
    }
  } finally {
    rewards.dispose();
  }
  return foretell(judges, pairs, scores);
}

/**
 * No judgement is drawn: of each pair the crowd's probability is known, so that who prefers the first is right with that
 * probability. `scores` has two for each pair.
 */
export function foretell(
  { crowd, utility }: Judges,
  pairs: readonly UnseenPair[],
  scores: readonly number[],
): AccuracyAgainstBayes {
  let right = 0;
  let best = 0;
  pairs.forEach(({ prompt, completions: [one = '', other = ''] }, i) => {
    const first = preferenceProbability(
      { first: utility(prompt.text, one), second: utility(prompt.text, other) },
      crowd,
    );
    const lead = (scores[2 * i] ?? NaN) - (scores[2 * i + 1] ?? NaN);
    right += lead > 0 ? first : lead < 0 ? 1 - first : 0.5;
    best += Math.max(first, 1 - first);
  });
  return { accuracy: (100 * right) / pairs.length, bayes: (100 * best) / pairs.length };
}
