import type { StageReport } from '@rankloop/contracts';
import type { Prisma, PrismaClient } from '@rankloop/db';
import { emitLiveEvent } from '../live/emit-live-event.ts';
import { type Fence, type Tx, withFence } from './fence.ts';
import { emitRound } from './round-events.ts';

export interface StepReport {
  step: number;
  totalSteps: number;
  values: Record<string, number>;
}

export interface SampleReport {
  policy: 'base' | 'before' | 'now';
  step: number;
  promptId: string;
  text: string;
  /** The end included; null where nobody counted. */
  tokens: number | null;
  score: number | null;
  kl: number | null;
}

/** Stations that every round has; all others train. */
const OWN_STAGES: ReadonlySet<string> = new Set(['snapshot', 'sample', 'queue']);

interface StageBeginning {
  /** Whether outputs are shown while it runs. */
  drawsSamples?: boolean;
  /** Whether it may go on where a dead attempt was: then `rewindStage` says later where that is. */
  mayGoOn?: boolean;
}

/**
 * The stage starts, or starts again: what a dead attempt had drawn of it is wiped, and where it trains, so is the
 * comparison of what is made anew.
 *
 * @throws StaleAttemptError
 */
export async function beginStage(
  prisma: PrismaClient,
  fence: Fence,
  name: string,
  { drawsSamples = false, mayGoOn = false }: StageBeginning = {},
): Promise<void> {
  const { roundId } = fence;
  await withFence(prisma, fence, async (tx, round) => {
    await tx.stage.updateMany({
      where: { roundId, name },
      data: { state: 'running', step: 0, totalSteps: 0, message: null, startedAt: new Date(), endedAt: null },
    });
    if (!mayGoOn) await wipeAfter(tx, fence, { name, step: 0, drawsSamples });
    if (!OWN_STAGES.has(name)) await forgetComparison(tx, roundId);
    await emitRound(tx, round.projectId, { roundId, state: round.state, stage: name });
  });
}

/**
 * The stage goes on after a step that a dead attempt had done, or, from 0, begins anew: what that attempt recorded of
 * later steps is wiped, because it comes again.
 *
 * @throws StaleAttemptError
 */
export async function rewindStage(
  prisma: PrismaClient,
  fence: Fence,
  stage: { name: string; step: number; drawsSamples: boolean },
): Promise<void> {
  const { roundId } = fence;
  await withFence(prisma, fence, async (tx) => {
    await tx.stage.updateMany({ where: { roundId, name: stage.name }, data: { step: stage.step } });
    await wipeAfter(tx, fence, stage);
  });
}

/** From step 0: everything, also what was shown before the first step. */
async function wipeAfter(
  tx: Tx,
  { roundId, attempt }: Fence,
  { name, step, drawsSamples }: { name: string; step: number; drawsSamples: boolean },
): Promise<void> {
  const later = { roundId, attempt: { lt: attempt }, ...(step > 0 && { step: { gt: step } }) };
  await tx.metric.deleteMany({ where: { ...later, stage: name } });
  if (drawsSamples) await tx.roundSample.deleteMany({ where: later });
}

/** A comparison of weights that are trained again says nothing of the new ones. */
async function forgetComparison(tx: Tx, roundId: string): Promise<void> {
  const { count } = await tx.stage.updateMany({
    where: { roundId, name: 'sample', state: 'done' },
    data: { state: 'waiting', step: 0, totalSteps: 0, startedAt: null, endedAt: null },
  });
  if (count === 0) return;
  await tx.$executeRaw`
    UPDATE "round" SET "summary" = "summary" - 'winRate' - 'previousWinRate' WHERE "id" = ${roundId}::uuid`;
}

/** @throws StaleAttemptError */
export async function finishStage(
  prisma: PrismaClient,
  fence: Fence,
  name: string,
  report: StageReport = {},
): Promise<void> {
  await withFence(prisma, fence, (tx, { projectId, state }) =>
    closeStage(tx, fence, { name, projectId, state, report }),
  );
}

/**
 * The stage is done; its report joins the round's. One that an earlier attempt had done took as long as it took then. For
 * a caller that has its own fenced transaction.
 */
export async function closeStage(
  tx: Tx,
  { roundId }: Fence,
  stage: { name: string; projectId: string; state: string; report: StageReport },
): Promise<void> {
  const { figures, ...ofRound } = stage.report;
  const report = JSON.stringify(
    figures === undefined ? ofRound : { ...ofRound, figures: finiteOnly(figures) },
  );
  await tx.$executeRaw`
    UPDATE "stage" SET "state" = 'done', "result" = ${report}::jsonb,
      "endedAt" = CASE WHEN "state" = 'done' THEN "endedAt" ELSE clock_timestamp() END,
      "step" = greatest("totalSteps", 1), "totalSteps" = greatest("totalSteps", 1)
    WHERE "roundId" = ${roundId}::uuid AND "name" = ${stage.name}`;
  await tx.$executeRaw`
    UPDATE "round" SET "summary" = "summary" || ${JSON.stringify(ofRound)}::jsonb WHERE "id" = ${roundId}::uuid`;
  await emitRound(tx, stage.projectId, { roundId, state: stage.state, stage: stage.name });
}

/**
 * Steps since the last call, as one batch. A step that is already there stays as it is, and a number that is not one
 * is left out: the curve has a gap.
 *
 * @throws StaleAttemptError
 */
export async function recordSteps(
  prisma: PrismaClient,
  fence: Fence,
  stage: string,
  steps: readonly StepReport[],
): Promise<void> {
  const newest = steps.at(-1);
  if (!newest) return;
  const { roundId, attempt } = fence;
  const rows: Prisma.MetricCreateManyInput[] = steps.flatMap(({ step, values }) =>
    Object.entries(finiteOnly(values)).map(([name, value]) => ({
      roundId,
      attempt,
      stage,
      name,
      step,
      value,
    })),
  );
  await withFence(prisma, fence, async (tx, { projectId }) => {
    const { step, totalSteps } = newest;
    await tx.stage.updateMany({ where: { roundId, name: stage }, data: { step, totalSteps } });
    if (rows.length === 0) return;
    await tx.metric.createMany({ data: rows, skipDuplicates: true });
    await emitLiveEvent(tx, {
      topic: 'metric',
      projectId,
      data: { roundId, stage, step, totalSteps, values: finiteOnly(newest.values) },
    });
  });
}

/** Outputs drawn while the round runs. @throws StaleAttemptError */
export async function recordSamples(
  prisma: PrismaClient,
  fence: Fence,
  samples: readonly SampleReport[],
): Promise<void> {
  if (samples.length === 0) return;
  const { roundId, attempt } = fence;
  await withFence(prisma, fence, async (tx, { projectId }) => {
    const key = samples.map(({ policy, step, promptId }) => ({ policy, step, promptId }));
    await tx.roundSample.deleteMany({ where: { roundId, OR: key } });
    await tx.roundSample.createMany({ data: samples.map((sample) => ({ ...sample, roundId, attempt })) });
    const steps = [...new Set(samples.map(({ step }) => step))];
    await emitLiveEvent(tx, { topic: 'sample', projectId, data: { roundId, steps, count: samples.length } });
  });
}

/** What the stage is doing, as a sentence under its bar. @throws StaleAttemptError */
export async function noteStage(
  prisma: PrismaClient,
  fence: Fence,
  name: string,
  message: string,
): Promise<void> {
  const { roundId } = fence;
  await withFence(prisma, fence, async (tx, { projectId, state }) => {
    await tx.stage.updateMany({ where: { roundId, name }, data: { message } });
    await emitRound(tx, projectId, { roundId, state, stage: name });
  });
}

/** @throws StaleAttemptError */
export async function logRound(
  prisma: PrismaClient,
  fence: Fence,
  message: string,
  level: 'info' | 'warning' | 'error' = 'info',
): Promise<void> {
  await withFence(prisma, fence, (tx) => tx.roundLog.create({ data: { ...fence, level, message } }));
}

/** @throws StaleAttemptError */
export async function recordEngine(
  prisma: PrismaClient,
  fence: Fence,
  engine: Prisma.InputJsonObject,
): Promise<void> {
  await withFence(prisma, fence, (tx) => tx.round.update({ where: { id: fence.roundId }, data: { engine } }));
}

function finiteOnly(values: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => Number.isFinite(value)));
}
