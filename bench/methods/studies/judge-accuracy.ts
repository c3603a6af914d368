// How good a reward model is, against the crowd's own limit, on pairs that nobody has seen.

import { createRandom, preferenceProbability, type CrowdMember, type SmallWorld } from '@rankloop/demo';
import { loadRewardSource } from '@rankloop/rl';
import { writePair, type Utility } from '../labels.ts';

const CHUNK = 2_000;

export interface AccuracyAgainstBayes {
  /** Percent of the crowd's strict judgements foretold. */
  accuracy: number;
  /** The same for somebody who knows everything; no reward model can be above it but by luck of the pairs. */
  bayes: number;
}

/**
 * No judgement is drawn: of each pair the crowd's probability is known, so that a model which prefers the first is right
 * with that probability. Pairs are of held-out prompts, by the same writers as the labels.
 */
export async function accuracyAgainstBayes(options: {
  world: SmallWorld;
  rewardDir: string;
  crowd: readonly CrowdMember[];
  utility: Utility;
  pairs: number;
  seed: number;
}): Promise<AccuracyAgainstBayes> {
  const { world, crowd, utility, pairs } = options;
  const random = createRandom(options.seed * 15_485_863 + 5);
  const rewards = await loadRewardSource(options.rewardDir);
  let right = 0;
  let best = 0;
  try {
    for (let done = 0; done < pairs; done += CHUNK) {
      const chunk = Array.from({ length: Math.min(CHUNK, pairs - done) }, () => {
        const prompt = random.pick(world.prompts.heldOut);
        return { prompt, texts: writePair(world, prompt, random) };
      });
      const scores = await rewards.score(
        chunk.flatMap(({ prompt, texts }) => texts.map((completion) => ({ prompt, completion }))),
      );
      chunk.forEach(({ prompt, texts: [one, other] }, i) => {
        const first = preferenceProbability(
          { first: utility(prompt.text, one), second: utility(prompt.text, other) },
          crowd,
        );
        const lead = (scores[2 * i] ?? NaN) - (scores[2 * i + 1] ?? NaN);
        right += lead > 0 ? first : lead < 0 ? 1 - first : 0.5;
        best += Math.max(first, 1 - first);
      });
    }
  } finally {
    rewards.dispose();
  }
  return { accuracy: (100 * right) / pairs, bayes: (100 * best) / pairs };
}
