import { RoundConfig, type RunRoundJob } from '@rankloop/contracts';
import {
  beginStage,
  chooseRoundPrompts,
  claimRound,
  findRootPolicy,
  finishStage,
  logRound,
  readSnapshot,
  recordEngine,
  type Fence,
} from '@rankloop/core';
import type { PrismaClient, Round } from '@rankloop/db';
import type { Logger } from 'pino';
import { type TrainingProcess } from '../training/training-process.ts';
import { liveAttempt } from './attempt-life.ts';
import { buildExamples } from './build-examples.ts';
import type { GoldJudge } from './gold-judge.ts';
import { runPpoStage } from './ppo-stage.ts';
import { runQueueStage } from './queue-stage.ts';
import { recordOutcome } from './record-outcome.ts';
import { runRewardStage } from './reward-stage.ts';
import type { RoundContext } from './round-context.ts';
import { runSampleStage } from './sample-stage.ts';
import { startTraining } from './start-training.ts';

export interface RunRoundOptions {
  prisma: PrismaClient;
  dataDir: string;
  workerId: string;
  logger: Logger;
  judgeGold: GoldJudge | null;
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
      onWait: (sentence) => logRound(prisma, fence, sentence),
    });
    life.signal.throwIfAborted();
    logger.info({ trainingPid: training.pid, engine: training.engine.name }, 'the round begins');
    await runStages({ ...options, fence, round, training, signal: life.signal });
    logger.info('the round succeeded');
    return null;
  } catch (error) {
    // A stopped process answers its last command with a loss: the stop is the reason, not the loss.
    const reason: unknown = life.signal.aborted ? life.signal.reason : error;
    return await recordOutcome({ prisma, fence, logger, reason });
  } finally {
    await life.end();
    await training?.stop();
  }
}

async function runStages(
  options: RunRoundOptions & Pick<RoundContext, 'fence' | 'round' | 'training' | 'signal'>,
): Promise<void> {
  const { prisma, fence, round, training } = options;
  const { name, notBetter, threads } = training.engine;
  await recordEngine(prisma, fence, { name, why: notBetter.join(' '), threads });
  const config = RoundConfig.parse(round.config);
  const before = await prisma.checkpoint.findUniqueOrThrow({ where: { id: round.baseCheckpointId } });
  const base = await findRootPolicy(prisma, before);
  const examples = await runSnapshotStage(prisma, fence, round, config);
  const context: RoundContext = { ...options, config, before, base, examples };
  const prompts = await chooseRoundPrompts({
    prisma,
    projectId: round.projectId,
    roundId: round.id,
    judged: new Set(examples.map(({ promptId }) => promptId)),
    ...config,
  });

  const reward = await runRewardStage(context);
  context.signal.throwIfAborted();
  const policy = await runPpoStage(context, {
    reward,
    prompts: prompts.training,
    livePrompts: prompts.comparing.length > 0 ? prompts.comparing : prompts.training,
  });
  context.signal.throwIfAborted();
  if (!(await isDone(prisma, round.id, 'sample'))) {
    await runSampleStage(context, { reward, policy, prompts: prompts.comparing });
  }
  context.signal.throwIfAborted();
  await runQueueStage(context, { policy, prompts: prompts.next });
}

/** Reads the frozen judgements, checking every hash on the way. A resumed round reads them again. */
async function runSnapshotStage(prisma: PrismaClient, fence: Fence, round: Round, config: RoundConfig) {
  if (round.snapshotId === null) throw new Error('The round has no snapshot.');
  const snapshot = await prisma.snapshot.findUniqueOrThrow({ where: { id: round.snapshotId } });
  const wasDone = await isDone(prisma, round.id, 'snapshot');
  if (!wasDone) await beginStage(prisma, fence, 'snapshot');
  const examples = await buildExamples({
    lines: readSnapshot(prisma, snapshot),
    maxPersonShare: config.reward.maxPersonShare,
  });
  if (!wasDone) {
    await logRound(
      prisma,
      fence,
      `${snapshot.judgementCount} judgements about ${examples.length} tasks, frozen as ${snapshot.hash.slice(0, 12)}.`,
    );
    await finishStage(prisma, fence, 'snapshot', { judgements: snapshot.judgementCount });
  }
  return examples;
}

async function isDone(prisma: PrismaClient, roundId: string, name: string): Promise<boolean> {
  return (await prisma.stage.count({ where: { roundId, name, state: 'done' } })) > 0;
}
