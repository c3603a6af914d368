import { DpoConfig } from '@rankloop/contracts';
import { trainDpo } from '@rankloop/rl';
import { setImmediate } from 'node:timers/promises';
import { medianGap, randomPairs, secondsOfSteps, WARM_UP_STEPS, type Workload } from './workload.ts';

/**
 * Tokens per second of each step of DPO. The reference's forward pass, which ours makes of all outputs before the
 * first step, is in the time of each step with the share of its own sequences; its tokens are not counted.
 */
export async function measureDpo(workload: Workload): Promise<number[]> {
  const steps = WARM_UP_STEPS + workload.steps;
  const pauses: number[] = [];
  const ends: number[] = [];
  await trainDpo({
    policyDir: workload.policyDir,
    outDir: workload.outDir,
    examples: randomPairs(steps * workload.batch, workload),
    heldOut: [],
    config: DpoConfig.parse({ batchPairs: workload.batch }),
    seed: 1,
    onMetrics: () => ends.push(performance.now()),
    yieldToEventLoop: () => {
      pauses.push(performance.now());
      return setImmediate();
    },
  });
  // A pause comes after each chunk of the reference's sequences and then before each step.
  const chunkEnds = pauses.filter((pause) => pause < (ends[0] ?? NaN)).slice(0, -1);
  if (chunkEnds.length < 2) throw new Error('The reference was read in one piece: measure more steps.');
  const sequences = 2 * workload.batch;
  const chunkSequences = (steps * sequences) / chunkEnds.length;
  const referenceSeconds = (medianGap(chunkEnds) / 1000) * (sequences / chunkSequences);
  const tokens = sequences * (workload.promptTokens + workload.outputTokens);
  return secondsOfSteps(ends).map((seconds) => tokens / (seconds + referenceSeconds));
}
