// The improve steps of ReST: fine-tuning on what lies above rising thresholds, for as long as it helps.

import { z } from 'zod';
import { shuffledOverall } from '../../selection/random-twin.ts';
import { indicesAbove, risingThresholds, scaleToRange, scaleToShare } from '../../selection/thresholds.ts';
import type { Progress } from '../progress/progress.ts';
import type { Units } from '../progress/units.ts';
import { allOutputs, rewardsOf, type ChosenOutput, type PromptCandidates } from './draw.ts';
import { keepWeights } from './keep-weights.ts';
import { Learned, learnChosen } from './learn.ts';
import { Rewards, type RewardGauge } from './measure.ts';
import { candidateMetrics, mean } from './statistics.ts';
import type { RestReport, RestStep, RunRestOptions } from './types.ts';
import type { Workshop } from './workshop.ts';

export interface RestRun {
  readonly workshop: Workshop;
  readonly units: Units;
  readonly gauge: Pick<RewardGauge, 'read'>;
  readonly options: Pick<RunRestOptions, 'config' | 'isRandomTwin'>;
  /** Held-out rewards of the policy as it is now, the best one so far. */
  best: number[];
  readonly history: RestStep[];
}

/** Improve steps on one data set; the policy is left at the best of them. */
export async function improve(
  run: RestRun,
  grow: number,
  drawn: readonly PromptCandidates[],
): Promise<RestReport['stopped']> {
  const { units, options } = run;
  const { config } = options;
  const outputs = allOutputs(drawn);
  const scaled = await units.once(Rewards, () => scaledRewards(drawn, run));
  const thresholds = risingThresholds(scaled, {
    first: config.firstThreshold,
    last: config.lastThreshold,
    count: config.improveSteps,
  });
  for (const [i, threshold] of thresholds.entries()) {
    const chosen = indicesAbove(scaled, threshold).flatMap((index) => outputs.slice(index, index + 1));
    if (chosen.length === 0) return i === 0 ? 'nothing-above-threshold' : null;
    const learningRate = config.learningRate * config.learningRateDecay ** i;
    const { loss, gradNorm, isKept, heldOut } = await units.once(Improved, (progress) =>
      improveOnce(run, { chosen, learningRate, progress }),
    );
    if (isKept) run.best = heldOut;
    const heldOutReward = mean(heldOut);
    const step: RestStep = {
      grow,
      improve: i + 1,
      threshold,
      kept: chosen.length,
      drawn: outputs.length,
      learningRate,
      keptReward: mean(chosen.map(({ reward }) => reward)),
      heldOutReward,
      isKept,
    };
    run.history.push(step);
    units.tell((grow - 1) * config.improveSteps + i + 1, config.growSteps * config.improveSteps, {
      ...candidateMetrics(drawn),
      reward_chosen: step.keptReward,
      reward_held_out: heldOutReward,
      threshold,
      kept: chosen.length,
      loss,
      grad_norm: gradNorm,
      learning_rate: learningRate,
    });
    if (!isKept) return i === 0 ? 'no-improvement' : null;
  }
  return null;
}

/** `heldOut`: held-out rewards after learning, whether it was undone or not. */
const Improved = Learned.extend({ isKept: z.boolean(), heldOut: Rewards });

/** One round of fine-tuning, undone where the held-out reward falls. */
async function improveOnce(
  { workshop, gauge, options, best }: RestRun,
  learning: {
    chosen: readonly ChosenOutput[];
    learningRate: number;
    progress: Progress | undefined;
  },
): Promise<z.infer<typeof Improved>> {
  const { chosen, learningRate, progress } = learning;
  const undo = keepWeights(workshop.policy);
  const learned = await learnChosen(workshop, chosen, { ...options.config, learningRate }, { progress });
  const heldOut = await gauge.read(workshop);
  // The twin undoes nothing: it would choose by the very rewards that it is not to know.
  const isKept = options.isRandomTwin === true || mean(heldOut) >= mean(best);
  if (!isKept) undo();
  return { ...learned, isKept, heldOut };
}

/** In [0, 1], in the order of prompts and candidates. */
function scaledRewards(
  drawn: readonly PromptCandidates[],
  { workshop, options: { config, isRandomTwin = false } }: RestRun,
): number[] {
  const own = rewardsOf(drawn);
  const rewards = (isRandomTwin ? shuffledOverall(own, workshop.random) : own).flat();
  return config.thresholdScale === 'range' ? scaleToRange(rewards) : scaleToShare(rewards);
}
