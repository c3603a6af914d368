import {
  beginStage,
  decidePromotion,
  outputsPerTask,
  recordSteps,
  succeedRound,
  type NewOutput,
  type PromptText,
} from '@rankloop/core';
import type { SampleResult } from '../training/messages.ts';
import { drawOutputs } from './draw-outputs.ts';
import { hasFiles } from './has-files.ts';
import type { Made } from './made.ts';
import type { RoundContext } from './round-context.ts';

const PROMPTS_PER_DRAW = 64;

/**
 * Draws outputs of the new policy, and of earlier ones where the round asks for several, and ends the round: policy in use, tasks waiting, in one transaction. Without a new
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
    sampling: config.sampling,
    report: {},
  });
}

async function drawAll(context: RoundContext, newest: Made, prompts: PromptText[]): Promise<NewOutput[]> {
  const { prisma, fence, config, round } = context;
  const k = await outputsPerTask(prisma, round.projectId, config.outputsPerTask);
  const drawers = [newest, ...(await findEarlier(context, newest, Math.min(config.policiesPerTask, k) - 1))];
  const outputs: NewOutput[] = [];
  for (let done = 0; done < prompts.length; done += PROMPTS_PER_DRAW) {
    context.signal.throwIfAborted();
    const batch = prompts.slice(done, done + PROMPTS_PER_DRAW);
    // Another seed per batch: equal seeds would draw alike.
    const seed = config.seed + 1 + done;
    for (const [i, drawer] of drawers.entries()) {
      // In turn, so that where they do not come out even the newest has the most.
      const share = Math.ceil((k - i) / drawers.length);
      const drawn = await drawOutputs(context, drawer, { prompts: batch, k: share, seed });
      outputs.push(...drawn.map((output) => toNewOutput(output, drawer, seed)));
    }
    const step = done + batch.length;
    await recordSteps(prisma, fence, 'queue', [{ step, totalSteps: prompts.length, values: {} }]);
  }
  return outputs;
}

function toNewOutput(
  { promptId, text, tokenIds, logProbs, finished }: SampleResult[number],
  { checkpoint: { id, name }, serving }: Made,
  seed: number,
): NewOutput {
  const drawn = { promptId, text, tokenIds, logProbs, finishReason: finished, seed };
  return { ...drawn, drawnBy: { id, name }, ...(serving && { bestOf: serving.n }) };
}

/** Policies that were in use before this round's, the last one first, as far as their files are still there. */
async function findEarlier(
  { prisma, dataDir, round }: RoundContext,
  { checkpoint }: Made,
  count: number,
): Promise<Made[]> {
  if (count === 0) return [];
  const promoted = await prisma.checkpoint.findMany({
    where: {
      projectId: round.projectId,
      kind: 'policy',
      promotedAt: { not: null },
      prunedAt: null,
      id: { not: checkpoint.id },
    },
    orderBy: { promotedAt: 'desc' },
    take: count,
  });
  const earlier: Made[] = [];
  for (const one of promoted)
    if (await hasFiles(dataDir, one)) earlier.push({ checkpoint: one, serving: null });
  return earlier;
}
