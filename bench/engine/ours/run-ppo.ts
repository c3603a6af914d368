import { PpoConfig } from '@rankloop/contracts';
import { Random, runPpo } from '@rankloop/rl';
import { randomText } from '../tiny-model.ts';
import { secondsOfSteps, WARM_UP_STEPS, type Workload } from './workload.ts';

/** Tokens per second (prompt and output) of each whole iteration of PPO with one inner epoch of both networks. */
export async function measurePpo(workload: Workload): Promise<number[]> {
  const { batch, promptTokens, outputTokens } = workload;
  const random = new Random(1);
  const ends: number[] = [];
  await runPpo({
    policyDir: workload.policyDir,
    rewardDir: workload.rewardDir,
    outDir: workload.outDir,
    prompts: Array.from({ length: 4 * batch }, (_, i) => ({
      id: `prompt-${String(i)}`,
      text: randomText(random, promptTokens),
    })),
    config: PpoConfig.parse({
      iterations: WARM_UP_STEPS + workload.steps,
      episodesPerIteration: batch,
      minibatchEpisodes: batch,
      innerEpochs: 1,
      maxNewTokens: outputTokens,
      samplePrompts: 0,
    }),
    seed: 1,
    onMetrics: () => ends.push(performance.now()),
  });
  return secondsOfSteps(ends).map((seconds) => (batch * (promptTokens + outputTokens)) / seconds);
}
