// Best of n: the policy learns the best of its draws for each prompt, or is served with it (Stiennon et al. 2020;
// Nakano et al. 2021).

import { bestOfNKlBound } from '../selection/best-of-n.ts';
import { shuffledWithinPrompts } from '../selection/random-twin.ts';
import { topPerPrompt } from '../selection/top.ts';
import { countChunks, drawInChunks, outputsAt, rewardsOf, type ChosenOutput } from './candidates/draw.ts';
import { countSteps, learnChosen } from './candidates/learn.ts';
import { RewardGauge, rewardChange } from './candidates/measure.ts';
import { candidateMetrics, mean } from './candidates/statistics.ts';
import type { BestOfNReport, RunBestOfNOptions } from './candidates/types.ts';
import { openWorkshop, type Workshop } from './candidates/workshop.ts';

/** Writes a complete model folder: the policy after learning, or with `serve` as it was. */
export async function runBestOfN(options: RunBestOfNOptions): Promise<BestOfNReport> {
  const started = performance.now();
  const { config } = options;
  const workshop = await openWorkshop(options);
  try {
    const gauge = new RewardGauge(options, config);
    const before = await gauge.read(workshop);
    const trainedOn = config.serve ? 0 : await learnBest(workshop, options);
    const after = await gauge.read(workshop, config.serve ? config.n : 1);
    await workshop.write(options.outDir);
    return {
      reward: rewardChange(before, after),
      isServed: config.serve,
      n: config.n,
      klBound: bestOfNKlBound(config.n),
      trainedOn,
      steps: workshop.updates,
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    workshop.dispose();
  }
}

/** Returns how many outputs were learned from. */
async function learnBest(workshop: Workshop, options: RunBestOfNOptions): Promise<number> {
  const { config, onMetrics, isRandomTwin = false } = options;
  const prompts = workshop.nextPrompts(Math.min(config.prompts, options.prompts.length));
  const chunks = countChunks(prompts);
  const totalSteps = chunks + countSteps(prompts.length, config);

  // 1. n candidates for each prompt, and the best of them.
  const chosen: ChosenOutput[] = [];
  let chunk = 0;
  for await (const drawn of drawInChunks(workshop, prompts, { k: config.n, settings: config })) {
    const rewards = rewardsOf(drawn);
    const judged = isRandomTwin ? shuffledWithinPrompts(rewards, workshop.random) : rewards;
    const best = outputsAt(drawn, topPerPrompt(judged));
    chosen.push(...best);
    onMetrics?.(++chunk, totalSteps, {
      ...candidateMetrics(drawn),
      reward_chosen: mean(best.map(({ reward }) => reward)),
    });
  }

  // 2. The policy learns these.
  await learnChosen(workshop, chosen, config, (step, values) =>
    onMetrics?.(chunks + step, totalSteps, values),
  );
  return chosen.length;
}
