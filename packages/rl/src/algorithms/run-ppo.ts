// PPO on a language model against a reward model, with a KL penalty to the reference (Ziegler et al. 2019;
// Ouyang et al. 2022). Defaults and where implementations disagree: packages/contracts/src/recipes/ppo.ts and README.md.

import { toExperience } from './ppo/advantages.ts';
import { improvePolicy, refuseDivergence } from './ppo/improve.ts';
import { rollOut } from './ppo/rollout.ts';
import { runSimplePpo } from './ppo/simple-form.ts';
import { updateOnExperience } from './ppo/update.ts';
import { loadWorld, type World } from './ppo/world.ts';
import type { PpoReport, RunPpoOptions } from './types.ts';

/** Writes the improved policy as a complete model folder. */
export async function runPpo(options: RunPpoOptions): Promise<PpoReport> {
  const { config, prompts } = options;
  if (prompts.length === 0) throw new Error('PPO needs at least one prompt.');
  if (config.form === 'simple') return runSimplePpo(options);
  const world = await loadWorld(options);
  try {
    const { mix, pause } = world;
    const heldOutLossBefore = await mix?.heldOutLoss(pause);
    const report = await improve(world, options);
    if (mix === null || heldOutLossBefore === undefined) return report;
    return { ...report, pretraining: await mix.report(heldOutLossBefore, pause) };
  } finally {
    world.dispose();
  }
}

function improve(world: World, options: RunPpoOptions): Promise<PpoReport> {
  const { config } = options;
  return improvePolicy(world, options, async ({ number, warmup, klCoefficient }) => {
    // 1. Draw one output for each of the next prompts, score it, and take log-probabilities and values.
    const rollout = await rollOut(world, options, world.prompts.next(config.episodesPerIteration));

    // 2. Rewards with the KL penalty, advantages, returns.
    const { experience, objective } = toExperience(rollout.episodes, { ...config, klCoefficient });
    refuseDivergence(objective, config, number);

    // 3. Several passes of clipped updates.
    const metrics = await updateOnExperience({
      ...world,
      experience,
      actorLearningRate: config.learningRate * warmup,
      criticLearningRate: config.criticLearningRate * warmup,
      iteration: number,
    });
    return { rollout, objective, metrics };
  });
}
