// The improve steps of ReST: fine-tuning on what lies above rising thresholds, for as long as it helps.

import { shuffledOverall } from '../../selection/random-twin.ts';
import { indicesAbove, risingThresholds, scaleToRange, scaleToShare } from '../../selection/thresholds.ts';
import { allOutputs, rewardsOf, type ChosenOutput, type PromptCandidates } from './draw.ts';
import { keepWeights } from './keep-weights.ts';
import { learnChosen, type Learned } from './learn.ts';
import type { RewardGauge } from './measure.ts';
import { candidateMetrics, mean } from './statistics.ts';
import type { RestReport, RestStep, RunRestOptions } from './types.ts';
import type { Workshop } from './workshop.ts';

export interface RestRun {
  readonly workshop: Workshop;
  readonly gauge: Pick<RewardGauge, 'read'>;
  readonly options: Pick<RunRestOptions, 'config' | 'isRandomTwin' | 'onMetrics'>;
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
  const { options } = run;
  const { config, onMetrics } = options;
  const outputs = allOutputs(drawn);
  const scaled = scaledRewards(drawn, run);
  const thresholds = risingThresholds(scaled, {
    first: config.firstThreshold,
    last: config.lastThreshold,
    count: config.improveSteps,
  });
  for (const [i, threshold] of thresholds.entries()) {
    const chosen = indicesAbove(scaled, threshold).flatMap((index) => outputs.slice(index, index + 1));
    if (chosen.length === 0) return i === 0 ? 'nothing-above-threshold' : null;
    const learningRate = config.learningRate * config.learningRateDecay ** i;
    const { loss, gradNorm, isKept, heldOutReward } = await improveOnce(run, chosen, learningRate);
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
    onMetrics?.((grow - 1) * config.improveSteps + i + 1, config.growSteps * config.improveSteps, {
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

/** One round of fine-tuning, undone where the held-out reward falls. */
async function improveOnce(
  run: RestRun,
  chosen: readonly ChosenOutput[],
  learningRate: number,
): Promise<Learned & { isKept: boolean; heldOutReward: number }> {
  const { workshop, gauge, options } = run;
  const undo = keepWeights(workshop.policy);
  const learned = await learnChosen(workshop, chosen, { ...options.config, learningRate });
  const heldOut = await gauge.read(workshop);
  // The twin undoes nothing: it would choose by the very rewards that it is not to know.
  const isKept = options.isRandomTwin === true || mean(heldOut) >= mean(run.best);
  if (isKept) run.best = heldOut;
  else undo();
  return { ...learned, isKept, heldOutReward: mean(heldOut) };
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
