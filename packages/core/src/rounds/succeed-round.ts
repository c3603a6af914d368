import { createHash, randomUUID } from 'node:crypto';
import {
  AppError,
  FormSpec,
  passFaultPoint,
  type RoundReport,
  type SamplingConfig,
} from '@rankloop/contracts';
import type { Prisma, PrismaClient } from '@rankloop/db';
import { setCurrentPolicy } from '../checkpoints/promote-checkpoint.ts';
import { emitLiveEvent } from '../live/emit-live-event.ts';
import { decidePromotion } from './decide-promotion.ts';
import { type Fence, StaleAttemptError, type Tx, withFence } from './fence.ts';
import { emitRound } from './round-events.ts';
import type { PromotionVerdict } from './promotion-gate.ts';
import { closeStage } from './record-progress.ts';

export interface NewOutput {
  promptId: string;
  text: string;
  tokenIds: number[];
  /** Per token, nats, under the sampling distribution. */
  logProbs: number[];
  finishReason: string;
  /** Of the draw that it was part of. */
  seed: number;
  drawnBy: { id: string; name: string };
  /** The best of so many draws; absent where it is the only one. */
  bestOf?: number;
}

export interface SucceedRoundOptions {
  prisma: PrismaClient;
  fence: Fence;
  /** The new policy; null when the round trained reward models only. */
  policy: { id: string; name: string } | null;
  /** Absent: it is put in use. */
  promotion?: PromotionVerdict;
  /** Of the new policy, and perhaps of earlier ones; those of one prompt become one task. */
  outputs: readonly NewOutput[];
  sampling: SamplingConfig;
  report: RoundReport;
}

const ROWS_PER_INSERT = 500;

/**
 * The end of a round that worked, in one transaction: the new policy, if there is one, is in use, its outputs wait for
 * people, and the round has succeeded; or none of it. A policy that the gate holds back stays as a checkpoint.
 *
 * @throws StaleAttemptError, also when cancelling came first
 */
export async function succeedRound(options: SucceedRoundOptions): Promise<void> {
  const { prisma, fence } = options;
  await withFence(
    prisma,
    fence,
    async (tx, { projectId, state }) => {
      if (state !== 'running') throw new StaleAttemptError(fence);
      const promotion = await stillPromoted(tx, options);
      const policy = promotion?.promote === false ? null : options.policy;
      if (policy) await setCurrentPolicy(tx, { projectId, checkpointId: policy.id });
      const newTasks = policy ? await createTasks(tx, projectId, options) : 0;
      await closeStage(tx, fence, {
        name: 'queue',
        projectId,
        state: 'succeeded',
        report: {
          ...options.report,
          newTasks,
          ...(promotion &&
            options.policy && {
              promotion: { promoted: promotion.promote, reasons: promotion.reasons },
            }),
        },
      });
      await tx.round.update({
        where: { id: fence.roundId },
        data: { state: 'succeeded', endedAt: new Date(), reason: null, reasonCode: null, workerId: null },
      });
      await tx.roundLog.create({
        data: {
          ...fence,
          level: 'info',
          message: endInWords({ ...options, promotion }, newTasks),
        },
      });
      // Labelers hear this one, and judge blind: it must not say which round wrote the outputs.
      await emitLiveEvent(tx, { topic: 'task', projectId, data: { created: newTasks } });
      if (policy) {
        await emitLiveEvent(tx, {
          topic: 'checkpoint',
          projectId,
          data: { checkpointId: policy.id, promoted: true },
        });
      }
      await emitRound(tx, projectId, { roundId: fence.roundId, state: 'succeeded', stage: null });
      passFaultPoint('before promotion');
    },
    { timeout: 300_000 },
  );
  passFaultPoint('after promotion');
}

/** The verdict from before the outputs were drawn, unless another policy was put in use since. */
async function stillPromoted(
  tx: Tx,
  { fence, promotion }: SucceedRoundOptions,
): Promise<PromotionVerdict | undefined> {
  if (promotion?.promote !== true) return promotion;
  const round = await tx.round.findUniqueOrThrow({ where: { id: fence.roundId } });
  await tx.$queryRaw`SELECT 1 FROM "project" WHERE "id" = ${round.projectId}::uuid FOR UPDATE`;
  return decidePromotion(tx, round);
}

function endInWords(
  { policy, promotion }: { policy: SucceedRoundOptions['policy']; promotion: PromotionVerdict | undefined },
  newTasks: number,
): string {
  if (!policy) return 'The reward model is ready. The policy in use stays, and no new tasks were made.';
  if (promotion?.promote === false)
    return `Not promoted. ${promotion.reasons.join(' ')} The policy in use stays, and no new tasks were made.`;
  return `The new policy is in use; ${newTasks} new tasks wait for people.`;
}

async function createTasks(
  tx: Tx,
  projectId: string,
  { fence, outputs, sampling }: Pick<SucceedRoundOptions, 'fence' | 'outputs' | 'sampling'>,
): Promise<number> {
  const project = await tx.project.findUniqueOrThrow({ where: { id: projectId } });
  // What the newest policy writes is judged first: it says most about where the next round goes.
  const { number: priority } = await tx.round.findUniqueOrThrow({ where: { id: fence.roundId } });
  const form = await formInForce(tx, projectId);
  const completions: Prisma.CompletionCreateManyInput[] = [];
  const tasks = new Map<string, Prisma.TaskCreateManyInput & { id: string }>();
  const links: Prisma.TaskCompletionCreateManyInput[] = [];
  const places = new Map<string, number>();
  for (const { finishReason, drawnBy, bestOf, ...output } of outputs) {
    const { promptId, text } = output;
    const task = tasks.get(promptId) ?? {
      id: randomUUID(),
      projectId,
      promptId,
      formVersionId: form.id,
      need: project.overlap,
      priority,
      roundId: fence.roundId,
    };
    tasks.set(promptId, task);
    const id = randomUUID();
    completions.push({
      ...output,
      id,
      projectId,
      textHash: createHash('sha256').update(text).digest('hex'),
      source: 'sampled',
      modelName: drawnBy.name,
      checkpointId: drawnBy.id,
      roundId: fence.roundId,
      // Log-probabilities of the best of several draws are not those of one draw: who learns from them must know.
      sampling: { ...sampling, ...(bestOf !== undefined && { bestOf }) },
      finishReason,
    });
    const position = places.get(promptId) ?? 0;
    places.set(promptId, position + 1);
    links.push({ taskId: task.id, position, completionId: id });
  }
  const rows = [...tasks.values()];
  const slots = rows.flatMap(({ id, need }) =>
    Array.from({ length: need }, () => ({ projectId, taskId: id, priority })),
  );
  for (const data of chunks(completions)) await tx.completion.createMany({ data });
  for (const data of chunks(rows)) await tx.task.createMany({ data });
  for (const data of chunks(links)) await tx.taskCompletion.createMany({ data });
  for (const data of chunks(slots)) await tx.slot.createMany({ data });
  return rows.length;
}

/** The newest version; its kind says how many outputs a task shows. */
async function formInForce(
  tx: Pick<Tx, 'formVersion'>,
  projectId: string,
): Promise<{ id: string; spec: FormSpec }> {
  const form = await tx.formVersion.findFirst({ where: { projectId }, orderBy: { version: 'desc' } });
  if (!form) throw new AppError('conflict', { detail: 'The project has no form.' });
  return { id: form.id, spec: FormSpec.parse(form.spec) };
}

/** A comparison shows exactly two outputs, whatever the settings say. */
export async function outputsPerTask(
  prisma: Pick<PrismaClient, 'formVersion'>,
  projectId: string,
  wanted: number,
): Promise<number> {
  const { spec } = await formInForce(prisma, projectId);
  return spec.comparison ? 2 : wanted;
}

function* chunks<T>(rows: readonly T[]): Generator<T[]> {
  for (let start = 0; start < rows.length; start += ROWS_PER_INSERT)
    yield rows.slice(start, start + ROWS_PER_INSERT);
}
