import {
  beatSideRun,
  claimSideRun,
  endSideRun,
  releaseSideRun,
  SideRunLostError,
  type SideRunHold,
} from '@rankloop/core';
import type { PrismaClient, SideRun } from '@rankloop/db';
import type { Logger } from 'pino';
import { repeat } from '../rounds/attempt-life.ts';
import { TrainingFailedError, TrainingLostError } from '../training/training-process.ts';
import { PlainReason } from './plain-reason.ts';

/** With the 1.5 s that a computing process is given, what is stopped has stopped within 2 s. */
const BEAT_MS = 400;

export interface SideRunWork {
  run: SideRun;
  hold: SideRunHold;
  /** Aborted when somebody stops it, and when the worker shuts down. */
  signal: AbortSignal;
}

export interface WorkOnSideRunOptions {
  prisma: PrismaClient;
  workerId: string;
  logger: Logger;
  runId: string;
  shutdown: AbortSignal;
  work: (work: SideRunWork) => Promise<void>;
}

/** Takes a run and does its work. Whatever happens, the outcome is in the row. */
export async function workOnSideRun(options: WorkOnSideRunOptions): Promise<void> {
  const { prisma, workerId, runId, shutdown } = options;
  const logger = options.logger.child({ runId });
  const hold: SideRunHold = { runId, workerId };
  const run = await claimSideRun(prisma, hold);
  if (!run) return;
  const stopping = new AbortController();
  const signal = AbortSignal.any([shutdown, stopping.signal]);
  const beating = repeat(BEAT_MS, () =>
    beatSideRun(prisma, hold).then(
      (isWanted) => {
        if (!isWanted) stopping.abort(new SideRunLostError('Somebody stopped it.'));
      },
      (err: unknown) => logger.warn({ err }, 'the heartbeat could not be written'),
    ),
  );
  try {
    await options.work({ run, hold, signal });
    signal.throwIfAborted();
    await endSideRun(prisma, hold, { state: 'succeeded' });
  } catch (error) {
    await recordEnd({ prisma, hold, logger, error, isShutdown: shutdown.aborted, isStopped: signal.aborted });
  } finally {
    await beating.stop();
  }
}

interface End {
  prisma: PrismaClient;
  hold: SideRunHold;
  logger: Logger;
  error: unknown;
  isShutdown: boolean;
  isStopped: boolean;
}

async function recordEnd({ prisma, hold, logger, error, isShutdown, isStopped }: End): Promise<void> {
  if (isShutdown) return releaseSideRun(prisma, hold);
  // The row says already that it was stopped.
  if (isStopped || error instanceof SideRunLostError) return;
  logger.error({ err: error }, 'a side run failed');
  await endSideRun(prisma, hold, { state: 'failed', reason: reasonOf(error) }).catch((err: unknown) =>
    logger.warn({ err }, 'the end of a side run could not be written'),
  );
}

function reasonOf(error: unknown): string {
  if (error instanceof PlainReason || error instanceof TrainingFailedError) return error.message;
  if (error instanceof TrainingLostError)
    return 'The process that computes ended unexpectedly. It may have run out of memory.';
  return "Something went wrong. The worker's log says what.";
}
