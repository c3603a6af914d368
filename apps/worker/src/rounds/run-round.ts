import { lastMade, passFaultPoint, RoundConfig, type RunRoundJob } from '@rankloop/contracts';
import {
  beginStage,
  chooseRoundPrompts,
  claimRound,
  finishStage,
  logRound,
  readModelWidth,
  readSnapshot,
  recordEngine,
  type Fence,
} from '@rankloop/core';
import type { PrismaClient, Round } from '@rankloop/db';
import path from 'node:path';
import type { Logger } from 'pino';
import { type TrainingProcess } from '../training/training-process.ts';
import { liveAttempt } from './attempt-life.ts';
import { readRoundData, type RoundData } from './data/round-data.ts';
import type { GoldJudge } from './gold-judge.ts';
import { resolveInputs, type Made, type MadeByName, type WeighedCheckpoint } from './made.ts';
import { runQueueStage } from './queue-stage.ts';
import { recordOutcome } from './record-outcome.ts';
import type { RoundContext } from './round-context.ts';
import { runSampleStage } from './sample-stage.ts';
import { findStartPolicies } from './start-policies.ts';
import { runStage } from './train-stage.ts';
import { startTraining } from './start-training.ts';

export interface RunRoundOptions {
  prisma: PrismaClient;
  dataDir: string;
  workerId: string;
  logger: Logger;
  judgeGold: GoldJudge | null;
  /** At the least between two saves of a training on its way. */
  saveEveryMs?: number | undefined;
  job: RunRoundJob;
  /** Aborted when the worker shuts down. */
  shutdown: AbortSignal;
}

/**
 * One attempt of a round, from its first unfinished stage to its end. Whatever happens, the outcome is in the rows.
 *
 * @returns the round when it is due again under its next attempt, else null
 */
export async function runRound(options: RunRoundOptions): Promise<Round | null> {
  const { prisma, workerId, shutdown } = options;
  const fence: Fence = options.job;
  const logger = options.logger.child({ roundId: fence.roundId, attempt: fence.attempt });
  const round = await claimRound(prisma, fence, workerId);
  if (!round) {
    logger.info('the round is not due any more under this attempt');
    return null;
  }
  passFaultPoint('claim');
  const life = liveAttempt({
    prisma,
    fence,
    shutdown,
    onError: (err) => logger.warn({ err }, 'the heartbeat could not be written'),
  });
  let training: TrainingProcess | undefined;
  const stopTraining = () => void training?.stop();
  life.signal.addEventListener('abort', stopTraining, { once: true });
  try {
    training = await startTraining({
      signal: life.signal,
      modelWidth: await findModelWidth(options, round),
      onWait: (sentence) => logRound(prisma, fence, sentence),
      onNotice: (sentence) => {
        logger.warn(sentence);
        logRound(prisma, fence, sentence, 'warning').catch((err: unknown) =>
          logger.warn({ err }, 'a notice could not be written'),
        );
      },
    });
    life.signal.throwIfAborted();
    logger.info({ trainingPid: training.pid, engine: training.engine.name }, 'the round begins');
    await runStages({ ...options, fence, round, training, signal: life.signal });
    logger.info('the round succeeded');
    return null;
  } catch (error) {
    // A stopped process answers its last command with a loss: the stop is the reason, not the loss.
    const reason: unknown = life.signal.aborted ? life.signal.reason : error;
    return await recordOutcome({ prisma, dataDir: options.dataDir, fence, logger, reason });
  } finally {
    await life.end();
    await training?.stop();
  }
}

/** The round's models are made from its base. */
async function findModelWidth(
  { prisma, dataDir }: RunRoundOptions,
  { baseCheckpointId }: Round,
): Promise<number | null> {
  const { folder } = await prisma.checkpoint.findUniqueOrThrow({
    where: { id: baseCheckpointId },
    select: { folder: true },
  });
  return readModelWidth(path.join(dataDir, folder));
}

async function runStages(
  options: RunRoundOptions & Pick<RoundContext, 'fence' | 'round' | 'training' | 'signal'>,
): Promise<void> {
  const { prisma, fence, round, training } = options;
  const { name, notBetter, threads } = training.engine;
  await recordEngine(prisma, fence, { name, why: notBetter.join(' '), threads });
  const config = RoundConfig.parse(round.config);
  const { before, base } = await findStartPolicies(options);
  const data = await runSnapshotStage(prisma, fence, round, config);
  const prompts = await chooseRoundPrompts({
    prisma,
    projectId: round.projectId,
    roundId: round.id,
    judged: data.judged,
    ...config,
  });
  const context: RoundContext = { ...options, config, before, base, data, prompts };

  const made = new Map<string, Made>();
  for (const stage of config.stages) {
    made.set(stage.name, await runStage(context, stage, made));
    context.signal.throwIfAborted();
  }
  const policy = made.get(lastMade(config.stages, 'policy')?.name ?? '') ?? null;
  if (policy && !(await isDone(prisma, round.id, 'sample'))) {
    const rewards = findJudges(context, made);
    await runSampleStage(context, { rewards, policy, prompts: prompts.comparing });
    context.signal.throwIfAborted();
  }
  await runQueueStage(context, { policy, prompts: prompts.next });
}

/** What scores the comparison: what the last policy was trained on, else the round's last reward model. */
function findJudges(context: RoundContext, made: MadeByName): WeighedCheckpoint[] {
  const { stages } = context.config;
  const last = lastMade(stages, 'policy');
  const rewards = last ? resolveInputs(context, last, made).rewards : [];
  if (rewards.length > 0) return rewards;
  const model = made.get(lastMade(stages, 'reward')?.name ?? '');
  return model ? [{ checkpoint: model.checkpoint, weight: 1 }] : [];
}

/** Reads the frozen judgements, checking every hash on the way. A resumed round reads them again. */
async function runSnapshotStage(
  prisma: PrismaClient,
  fence: Fence,
  round: Round,
  config: RoundConfig,
): Promise<RoundData> {
  if (round.snapshotId === null) throw new Error('The round has no snapshot.');
  const snapshot = await prisma.snapshot.findUniqueOrThrow({ where: { id: round.snapshotId } });
  const wasDone = await isDone(prisma, round.id, 'snapshot');
  if (!wasDone) await beginStage(prisma, fence, 'snapshot');
  const data = await readRoundData({
    prisma,
    projectId: round.projectId,
    lines: readSnapshot(prisma, snapshot),
    config,
  });
  passFaultPoint('snapshot');
  if (!wasDone) {
    await logRound(
      prisma,
      fence,
      `${snapshot.judgementCount} judgements about ${data.tasks} tasks, frozen as ${snapshot.hash.slice(0, 12)}.`,
    );
    await finishStage(prisma, fence, 'snapshot', { judgements: snapshot.judgementCount });
  }
  return data;
}

async function isDone(prisma: PrismaClient, roundId: string, name: string): Promise<boolean> {
  return (await prisma.stage.count({ where: { roundId, name, state: 'done' } })) > 0;
}
