// People's scores of fresh outputs are the reward: as many scores as others have comparisons, but no more than outputs
// may be drawn, in rounds, each of outputs that the policy writes by then.

import type { OnlineConfig } from '@rankloop/contracts';
import { createRandom, rateOutput } from '@rankloop/demo';
import { centreScore, sampleFromFolder, trainOnline, type OnlineExample } from '@rankloop/rl';
import path from 'node:path';
import { usualCrowd, usualUtility, type Arm } from './labels.ts';
import type { Scene } from './scene.ts';

/** Outputs of one prompt, whose mean score is what each is compared with. */
const OUTPUTS = 4;

export async function learnOnline(
  { scene, arm, outDir }: { scene: Scene; arm: Arm; outDir: string },
  { rounds, config }: { rounds: number; config: OnlineConfig },
): Promise<void> {
  const { baseDir, seed } = scene;
  let policyDir = baseDir;
  for (let round = 1; round <= rounds; round += 1) {
    const count = Math.floor(Math.min(scene.size.labels, scene.size.samples) / rounds);
    const examples = await scoreFresh(scene, policyDir, { arm, round, count });
    const next = round === rounds ? outDir : path.join(outDir, `round-${round}`);
    await trainOnline({
      policyDir,
      referenceDir: baseDir,
      outDir: next,
      examples,
      config,
      seed: seed + round,
    });
    policyDir = next;
  }
}

/** The twin's scores are dealt out at random among the outputs of a prompt. */
async function scoreFresh(
  { world, seed, sampling }: Scene,
  modelDir: string,
  { arm, round, count }: { arm: Arm; round: number; count: number },
): Promise<OnlineExample[]> {
  const random = createRandom(seed * 7919 + 100 + round);
  const prompts = random.shuffle(world.prompts.training).slice(0, Math.floor(count / OUTPUTS));
  const k = OUTPUTS;
  const samples = await sampleFromFolder({
    modelDir,
    prompts,
    k,
    config: sampling,
    seed: seed * 1000 + round,
  });
  const [crowd, utility] = [usualCrowd(world), usualUtility(world)];
  return prompts.flatMap((prompt) => {
    const scored = samples.flatMap((sample) => {
      if (sample.promptId !== prompt.id) return [];
      const rating = rateOutput({
        member: random.pick(crowd),
        seed,
        taskId: `${round} ${prompt.id} ${sample.index}`,
        output: sample.text,
        utility: utility(prompt.text, sample.text),
      });
      return rating === null ? [] : [{ sample, rating }];
    });
    const ratings = scored.map(({ rating }) => rating);
    const dealt = arm === 'twin' ? random.shuffle(ratings) : ratings;
    return scored.map(({ sample }, i) => ({
      promptId: prompt.id,
      promptText: prompt.text,
      tokenIds: sample.tokenIds,
      logProbs: sample.logProbs,
      score: centreScore(dealt[i] ?? NaN, { min: 0, max: 5 }),
      weight: 1,
    }));
  });
}
