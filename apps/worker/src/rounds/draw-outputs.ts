import { join } from 'node:path';
import type { PromptText } from '@rankloop/core';
import { SampleResult } from '../training/messages.ts';
import { rewardFolders, type Made } from './made.ts';
import type { RoundContext } from './round-context.ts';

/** Outputs of a policy, in the order of the prompts; of a served one the best of its draws. */
export async function drawOutputs(
  context: RoundContext,
  { checkpoint, serving }: Made,
  { prompts, k, seed }: { prompts: PromptText[]; k: number; seed: number },
): Promise<SampleResult> {
  const { training, dataDir, config } = context;
  const modelDir = join(dataDir, checkpoint.folder);
  const draw = { modelDir, prompts, k, config: config.sampling, seed };
  if (serving === null) return training.run({ kind: 'sample', ...draw }, SampleResult);
  const { n, missingEndPenalty } = serving;
  const rewards = rewardFolders(context, serving.rewards);
  return training.run({ kind: 'draw-best', ...draw, n, missingEndPenalty, rewards }, SampleResult);
}
