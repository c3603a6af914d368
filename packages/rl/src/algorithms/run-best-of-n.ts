// Best of n: the policy learns the best of its draws for each prompt, or is served with it (Stiennon et al. 2020;
// Nakano et al. 2021).

import { z } from 'zod';
import { bestOfNKlBound } from '../selection/best-of-n.ts';
import { shuffledWithinPrompts } from '../selection/random-twin.ts';
import { topPerPrompt } from '../selection/top.ts';
import {
  Choice,
  chunksOf,
  drawCandidates,
  KeptPrompt,
  outputsAt,
  rewardsOf,
  type ChosenOutput,
} from './candidates/draw.ts';
import { countSteps, Learned, learnChosen } from './candidates/learn.ts';
import { RewardGauge, Rewards, rewardChange } from './candidates/measure.ts';
import { candidateMetrics, mean } from './candidates/statistics.ts';
import type { BestOfNReport, RunBestOfNOptions } from './candidates/types.ts';
import { openWorkshop, type Workshop } from './candidates/workshop.ts';
import { Stopwatch } from './progress/stopwatch.ts';
import { Units } from './progress/units.ts';

/** Writes a complete model folder: the policy after learning, or with `serve` as it was. */
export async function runBestOfN(options: RunBestOfNOptions): Promise<BestOfNReport> {
  const stopwatch = new Stopwatch();
  const { config } = options;
  const workshop = await openWorkshop(options);
  try {
    const gauge = new RewardGauge(options, config);
    const units = await Units.begin({ ...options, parts: workshop.parts, stopwatch });
    const before = await units.once(Rewards, () => gauge.read(workshop));
    const trainedOn = config.serve ? 0 : await learnBest(workshop, units, options);
    const after = await gauge.read(workshop, config.serve ? config.n : 1);
    await workshop.write(options.outDir);
    return {
      reward: rewardChange(before, after),
      isServed: config.serve,
      n: config.n,
      klBound: bestOfNKlBound(config.n),
      trainedOn,
      steps: workshop.updates,
      seconds: stopwatch.seconds,
    };
  } finally {
    workshop.dispose();
  }
}

/** Returns how many outputs were learned from. */
async function learnBest(workshop: Workshop, units: Units, options: RunBestOfNOptions): Promise<number> {
  const { config, isRandomTwin = false } = options;
  const prompts = await units.once(z.array(KeptPrompt), () =>
    workshop.nextPrompts(Math.min(config.prompts, options.prompts.length)),
  );
  const chunks = chunksOf(prompts);
  const totalSteps = chunks.length + countSteps(prompts.length, config);

  // 1. n candidates for each prompt, and the best of them.
  const all: ChosenOutput[] = [];
  for (const [i, chunk] of chunks.entries()) {
    const { chosen, metrics } = await units.once(Choice, async () => {
      const draws = { k: config.n, settings: config, seed: workshop.random.uint32() };
      const drawn = await drawCandidates(workshop, chunk, draws);
      const rewards = rewardsOf(drawn);
      const judged = isRandomTwin ? shuffledWithinPrompts(rewards, workshop.random) : rewards;
      return { chosen: outputsAt(drawn, topPerPrompt(judged)), metrics: candidateMetrics(drawn) };
    });
    all.push(...chosen);
    const rewardChosen = mean(chosen.map(({ reward }) => reward));
    units.tell(i + 1, totalSteps, { ...metrics, reward_chosen: rewardChosen });
  }

  // 2. The policy learns these.
  await units.once(Learned, (progress) =>
    learnChosen(workshop, all, config, {
      progress,
      onStep: (step, values) => units.tell(chunks.length + step, totalSteps, values),
    }),
  );
  return all.length;
}
