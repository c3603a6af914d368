import { resolve, sep } from 'node:path';
import {
  endRound,
  releaseRound,
  reportLostTraining,
  SnapshotChangedError,
  StaleAttemptError,
  type Fence,
  type RoundEnd,
} from '@rankloop/core';
import type { PrismaClient, Round } from '@rankloop/db';
import type { Logger } from 'pino';
import { z } from 'zod';
import { TrainingFailedError, TrainingLostError } from '../training/training-process.ts';
import { AttemptStopped } from './attempt-life.ts';
import { isDatabaseTrouble } from './database-trouble.ts';

export interface RecordOutcomeOptions {
  prisma: PrismaClient;
  /** People read names of files within it; where it lies is no business of theirs. */
  dataDir: string;
  fence: Fence;
  logger: Logger;
  /** What ended the attempt. */
  reason: unknown;
}

const CANCELLED: RoundEnd = { state: 'cancelled', reason: 'Cancelled. The policy in use stays.' };

/**
 * Writes down how an attempt ended that did not succeed. A database that is away makes this throw, and then the
 * reconciler finds the round by its silence.
 *
 * @returns the round when it is due again
 */
export async function recordOutcome(options: RecordOutcomeOptions): Promise<Round | null> {
  const { prisma, dataDir, fence, logger, reason } = options;
  try {
    if (reason instanceof AttemptStopped && reason.why === 'shutdown')
      return await releaseRound(prisma, fence);
    if (reason instanceof TrainingLostError) {
      logger.warn({ err: reason }, 'the training process is gone');
      return await reportLostTraining(prisma, fence, reason.message);
    }
    if (isDatabaseTrouble(reason)) {
      logger.warn({ err: reason }, 'the database did not answer');
      return await reportLostTraining(prisma, fence, 'The database did not answer');
    }
    const end = toEnd(reason);
    if (end.state === 'failed') logger.error({ err: reason }, 'the round failed');
    await endRound(prisma, fence, { ...end, reason: withoutFolder(end.reason, dataDir) });
    return null;
  } catch (error) {
    if (!(error instanceof StaleAttemptError)) throw error;
    logger.info('another attempt has taken the round over');
    return null;
  }
}

function toEnd(reason: unknown): RoundEnd {
  if (reason instanceof AttemptStopped) return CANCELLED;
  // Of this very attempt: only cancelling refuses a write without another attempt, and then the end still passes.
  if (reason instanceof StaleAttemptError) return CANCELLED;
  if (reason instanceof Error && reason.message.includes('ENOSPC')) {
    return { state: 'failed', reason: 'The disk is full. Make room, then retry.', reasonCode: 'disk_full' };
  }
  if (reason instanceof Error && reason.message.includes('EIO')) {
    const sentence = 'The disk could not be read or written (EIO). Look at the disk, then retry.';
    return { state: 'failed', reason: sentence, reasonCode: 'disk_error' };
  }
  if (reason instanceof TrainingFailedError) {
    return { state: reason.code === 'diverged' ? 'diverged' : 'failed', reason: reason.message };
  }
  if (reason instanceof SnapshotChangedError) {
    return {
      state: 'failed',
      reason: `${reason.message} Start a new round.`,
      reasonCode: 'snapshot_changed',
    };
  }
  const detail = describe(reason);
  const [firstLine = ''] = detail.trim().split('\n');
  return {
    state: 'failed',
    reason: `An unexpected error stopped the round: ${firstLine.slice(0, 300)}`,
    reasonCode: 'internal',
  };
}

function withoutFolder(text: string, folder: string): string {
  return text.replaceAll(resolve(folder) + sep, '');
}

function describe(reason: unknown): string {
  // Its own message is a page of JSON.
  if (reason instanceof z.ZodError) return z.prettifyError(reason).replaceAll(/\s+/g, ' ');
  return reason instanceof Error ? reason.message : String(reason);
}
