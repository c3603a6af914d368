import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { findUnmeasured, newCheckpointFolder, readModelWidth, storeSpeed } from '@rankloop/core';
import type { PrismaClient } from '@rankloop/db';
import type { Logger } from 'pino';
import { startTrainingProcess } from '../training/training-process.ts';
import { measureSpeed } from './measure-speed.ts';

export interface WatchSpeedOptions {
  prisma: PrismaClient;
  dataDir: string;
  workerId: string;
  logger: Logger;
  /** Folders of policies that could not be measured: not tried again by this worker. */
  failed: Set<string>;
  /** Ends a measurement that is under way. */
  shutdown: AbortSignal;
}

/** A model this slow is estimated from its rounds alone. */
const LIMIT_MS = 120_000;

/**
 * Measures the machine with the model of a project where that was never done, at low priority and while no round is due:
 * so that a first round has an estimate. One model per call.
 *
 * @returns whether it has measured
 */
export async function watchSpeed(options: WatchSpeedOptions): Promise<boolean> {
  const { prisma, dataDir, workerId, logger, failed, shutdown } = options;
  const found = await findUnmeasured(prisma, { workerId, hostname: hostname(), without: failed });
  if (!found) return false;
  const { folder, prompts, engine, modelBytes } = found;
  const modelDir = join(dataDir, folder);
  failed.add(folder);
  const outDir = await newCheckpointFolder(dataDir);
  const started = performance.now();
  const signal = AbortSignal.any([shutdown, AbortSignal.timeout(LIMIT_MS)]);
  const training = await startTrainingProcess({ signal, modelWidth: await readModelWidth(modelDir) });
  const stop = () => void training.stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const startSeconds = (performance.now() - started) / 1000;
    const speed = await measureSpeed({ training, startSeconds, modelDir, outDir, prompts });
    await storeSpeed(prisma, { hostname: hostname(), engine, modelBytes, speed });
    failed.delete(folder);
    logger.info({ engine, modelBytes, speed }, 'the speed of this machine was measured');
    return true;
  } finally {
    signal.removeEventListener('abort', stop);
    await training.stop();
    await rm(outDir, { recursive: true, force: true });
  }
}
