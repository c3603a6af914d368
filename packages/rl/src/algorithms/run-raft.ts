// Reward-ranked fine-tuning (RAFT: Dong et al. 2023): in each iteration the policy learns the best of its own outputs.

import { shuffledOverall, shuffledWithinPrompts } from '../selection/random-twin.ts';
import { countOfShare, topOverall, topPerPrompt } from '../selection/top.ts';
import {
  Choice,
  drawInUnits,
  outputsAt,
  rewardsOf,
  type ChosenOutput,
  type PromptCandidates,
} from './candidates/draw.ts';
import { Learned, learnChosen } from './candidates/learn.ts';
import { RewardGauge, Rewards, rewardChange } from './candidates/measure.ts';
import { candidateMetrics, mean } from './candidates/statistics.ts';
import type { RaftReport, RunRaftOptions } from './candidates/types.ts';
import { openWorkshop, type Workshop } from './candidates/workshop.ts';
import { Stopwatch } from './progress/stopwatch.ts';
import { Units } from './progress/units.ts';
import { NextTokenTraining } from './sft/next-token-training.ts';

/** Writes the improved policy as a complete model folder. */
export async function runRaft(options: RunRaftOptions): Promise<RaftReport> {
  const stopwatch = new Stopwatch();
  const { config } = options;
  const workshop = await openWorkshop(options);
  try {
    // What will learn draws as well, so that what it has recorded serves every draw.
    workshop.training = new NextTokenTraining(workshop.policy, config);
    const units = await Units.begin({ ...options, parts: workshop.parts, stopwatch });
    const gauge = new RewardGauge(options, config);
    const before = await units.once(Rewards, () => gauge.read(workshop));
    let [drawnCount, keptCount] = [0, 0];
    let final: Record<string, number> = {};
    for (let iteration = 1; iteration <= config.iterations; iteration++) {
      const { chosen, metrics } = await units.once(Choice, async () => {
        // 1. K candidates for each of the next prompts, from the policy as it is now.
        const { prompts, candidates: k } = config;
        const drawn = await drawInUnits(workshop, units, { prompts, k, settings: config });

        // 2. The best of them: of each prompt, or of all.
        return { chosen: choose(drawn, options, workshop), metrics: candidateMetrics(drawn) };
      });

      // 3. The policy learns these.
      const learned = await units.once(Learned, (progress) =>
        learnChosen(workshop, chosen, config, { progress }),
      );

      drawnCount += config.prompts * config.candidates;
      keptCount += chosen.length;
      final = {
        ...metrics,
        reward_chosen: mean(chosen.map(({ reward }) => reward)),
        kept: chosen.length,
        loss: learned.loss,
        grad_norm: learned.gradNorm,
        learning_rate: config.learningRate,
      };
      units.tell(iteration, config.iterations, final);
    }
    const reward = rewardChange(before, await gauge.read(workshop));
    await workshop.write(options.outDir);
    const { seconds } = stopwatch;
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
