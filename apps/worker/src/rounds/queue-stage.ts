import { join } from 'node:path';
import {
  beginStage,
  outputsPerTask,
  recordSteps,
  succeedRound,
  type NewOutput,
  type PromptText,
} from '@rankloop/core';
import type { Checkpoint } from '@rankloop/db';
import { SampleResult } from '../training/messages.ts';
import type { RoundContext } from './round-context.ts';

const PROMPTS_PER_DRAW = 64;

/** Draws outputs of the new policy and ends the round: policy in use, tasks waiting, in one transaction. */
export async function runQueueStage(
  context: RoundContext,
  { policy, prompts }: { policy: Checkpoint; prompts: PromptText[] },
): Promise<void> {
  const { prisma, fence, config, round, training, dataDir } = context;
  await beginStage(prisma, fence, 'queue');
  const k = await outputsPerTask(prisma, round.projectId, config.outputsPerTask);
  const outputs: NewOutput[] = [];
  for (let done = 0; done < prompts.length; done += PROMPTS_PER_DRAW) {
    context.signal.throwIfAborted();
    const batch = prompts.slice(done, done + PROMPTS_PER_DRAW);
    // Another seed per batch: equal seeds would draw alike.
    const seed = config.seed + 1 + done;
    const drawn = await training.run(
      {
        kind: 'sample',
        modelDir: join(dataDir, policy.folder),
        prompts: batch,
        k,
        config: config.sampling,
        seed,
      },
      SampleResult,
    );
    for (const { promptId, text, tokenIds, logProbs, finished } of drawn) {
      outputs.push({ promptId, text, tokenIds, logProbs, finishReason: finished, seed });
    }
    const step = done + batch.length;
    await recordSteps(prisma, fence, 'queue', [{ step, totalSteps: prompts.length, values: {} }]);
  }
  await succeedRound({
    prisma,
    fence,
    policyId: policy.id,
    modelName: policy.name,
    outputs,
    sampling: config.sampling,
    report: {},
  });
}
