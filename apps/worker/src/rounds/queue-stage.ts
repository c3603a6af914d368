import {
  beginStage,
  decidePromotion,
  outputsPerTask,
  recordSteps,
  succeedRound,
  type NewOutput,
  type PromptText,
} from '@rankloop/core';
import { drawOutputs } from './draw-outputs.ts';
import type { Made } from './made.ts';
import type { RoundContext } from './round-context.ts';

const PROMPTS_PER_DRAW = 64;

/**
 * Draws outputs of the new policy and ends the round: policy in use, tasks waiting, in one transaction. Without a new
 * policy, or with one that the gate holds back, it only ends the round.
 */
export async function runQueueStage(
  context: RoundContext,
  { policy, prompts }: { policy: Made | null; prompts: PromptText[] },
): Promise<void> {
  const { prisma, fence, config } = context;
  // As it stands now: the stages before have reported.
  const round = await prisma.round.findUniqueOrThrow({ where: { id: fence.roundId } });
  const promotion = await decidePromotion(prisma, round);
  await beginStage(prisma, fence, 'queue');
  await succeedRound({
    prisma,
    fence,
    policy: policy && { id: policy.checkpoint.id, name: policy.checkpoint.name },
    promotion,
    outputs: policy && promotion.promote ? await drawAll(context, policy, prompts) : [],
    // Log-probabilities of the best of several draws are not those of one draw: who learns from them must know.
    sampling: { ...config.sampling, ...(policy?.serving && { bestOf: policy.serving.n }) },
    report: {},
  });
}

async function drawAll(context: RoundContext, policy: Made, prompts: PromptText[]): Promise<NewOutput[]> {
  const { prisma, fence, config, round } = context;
  const k = await outputsPerTask(prisma, round.projectId, config.outputsPerTask);
  const outputs: NewOutput[] = [];
  for (let done = 0; done < prompts.length; done += PROMPTS_PER_DRAW) {
    context.signal.throwIfAborted();
    const batch = prompts.slice(done, done + PROMPTS_PER_DRAW);
    // Another seed per batch: equal seeds would draw alike.
    const seed = config.seed + 1 + done;
    for (const { promptId, text, tokenIds, logProbs, finished } of await drawOutputs(context, policy, {
      prompts: batch,
      k,
      seed,
    })) {
      outputs.push({ promptId, text, tokenIds, logProbs, finishReason: finished, seed });
    }
    const step = done + batch.length;
    await recordSteps(prisma, fence, 'queue', [{ step, totalSteps: prompts.length, values: {} }]);
  }
  return outputs;
}
