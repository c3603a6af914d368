// Reward-ranked fine-tuning (RAFT: Dong et al. 2023): in each iteration the policy learns the best of its own outputs.

import { shuffledOverall, shuffledWithinPrompts } from '../selection/random-twin.ts';
import { countOfShare, topOverall, topPerPrompt } from '../selection/top.ts';
import {
  drawCandidates,
  outputsAt,
  rewardsOf,
  type ChosenOutput,
  type PromptCandidates,
} from './candidates/draw.ts';
import { learnChosen } from './candidates/learn.ts';
import { RewardGauge, rewardChange } from './candidates/measure.ts';
import { candidateMetrics, mean } from './candidates/statistics.ts';
import type { RaftReport, RunRaftOptions } from './candidates/types.ts';
import { openWorkshop, type Workshop } from './candidates/workshop.ts';

/** Writes the improved policy as a complete model folder. */
export async function runRaft(options: RunRaftOptions): Promise<RaftReport> {
  const started = performance.now();
  const { config, onMetrics } = options;
  const workshop = await openWorkshop(options);
  try {
    const gauge = new RewardGauge(options, config);
    const before = await gauge.read(workshop);
    let [drawnCount, keptCount] = [0, 0];
    let final: Record<string, number> = {};
    for (let iteration = 1; iteration <= config.iterations; iteration++) {
      // 1. K candidates for each of the next prompts, from the policy as it is now.
      const drawn = await drawCandidates(workshop, workshop.nextPrompts(config.prompts), {
        k: config.candidates,
        settings: config,
        seed: workshop.random.uint32(),
      });

      // 2. The best of them: of each prompt, or of all.
      const chosen = choose(drawn, options, workshop);

      // 3. The policy learns these.
      const learned = await learnChosen(workshop, chosen, config);

      drawnCount += config.prompts * config.candidates;
      keptCount += chosen.length;
      final = {
        ...candidateMetrics(drawn),
        reward_chosen: mean(chosen.map(({ reward }) => reward)),
        kept: chosen.length,
        loss: learned.loss,
        grad_norm: learned.gradNorm,
        learning_rate: config.learningRate,
      };
      onMetrics?.(iteration, config.iterations, final);
    }
    const reward = rewardChange(before, await gauge.read(workshop));
    await workshop.write(options.outDir);
    const seconds = (performance.now() - started) / 1000;
    return {
      reward,
      iterations: config.iterations,
      drawn: drawnCount,
      kept: keptCount,
      steps: workshop.updates,
      seconds,
      final,
    };
  } finally {
    workshop.dispose();
  }
}

function choose(
  drawn: readonly PromptCandidates[],
  { config, isRandomTwin = false }: RunRaftOptions,
  { random }: Pick<Workshop, 'random'>,
): ChosenOutput[] {
  const rewards = rewardsOf(drawn);
  if (config.ranking === 'local') {
    const judged = isRandomTwin ? shuffledWithinPrompts(rewards, random) : rewards;
    return outputsAt(drawn, topPerPrompt(judged));
  }
  const judged = isRandomTwin ? shuffledOverall(rewards, random) : rewards;
  return outputsAt(drawn, topOverall(judged, countOfShare(judged.flat().length, config.fraction)));
}
