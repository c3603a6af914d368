import { RewardConfig } from '@rankloop/contracts';
import { trainRewardModel } from '@rankloop/rl';
import { randomPairs, secondsOfSteps, WARM_UP_STEPS, type Workload } from './workload.ts';

/** Tokens per second of each step of reward-model training; both outputs of a pair count. */
export async function measureRewardTraining(workload: Workload): Promise<number[]> {
  const ends: number[] = [];
  await trainRewardOn(workload, WARM_UP_STEPS + workload.steps, () => ends.push(performance.now()));
  const tokens = 2 * workload.batch * (workload.promptTokens + workload.outputTokens);
  return secondsOfSteps(ends).map((seconds) => tokens / seconds);
}

export async function trainRewardOn(
  workload: Workload,
  steps: number,
  afterStep: (step: number) => void,
): Promise<void> {
  await trainRewardModel({
    base: workload.policyDir,
    outDir: workload.outDir,
    examples: randomPairs(steps * workload.batch, workload),
    heldOut: [],
    // The samples that normalise the score come after the steps and are not measured: as few as there may be.
    config: RewardConfig.parse({ batchPrompts: workload.batch, normalisationSamples: 8 }),
    seed: 1,
    onMetrics: afterStep,
  });
}
