import { hostname } from 'node:os';
import type { Db } from '@rankloop/db';
import manifest from '../package.json' with { type: 'json' };
import { repeat } from './rounds/attempt-life.ts';
import { startTrainingProcess } from './training/training-process.ts';

const BEAT_MS = 4000;

export interface Presence {
  end(): Promise<void>;
}

/** Keeps the worker's row fresh while it is up; ready health and the System page read it. */
export async function announceWorker(options: {
  db: Db;
  id: string;
  onError: (error: unknown) => void;
}): Promise<Presence> {
  const { db, id, onError } = options;
  const { workerProcess } = db.prisma;
  const about = { hostname: hostname(), pid: process.pid, version: manifest.version };
  const beat = (engine?: { name: string; why: string; threads: number }) =>
    workerProcess.upsert({
      where: { id },
      create: { id, ...about },
      update: { seenAt: new Date(), ...(engine && { engine }) },
    });
  // Rows of workers that were killed stay for a day, to be seen on the System page.
  await workerProcess.deleteMany({ where: { seenAt: { lt: new Date(Date.now() - 86_400_000) } } });
  await beat();
  const loop = repeat(BEAT_MS, () => beat().catch(onError));
  const learning = learnEngine().then(beat).catch(onError);
  return {
    async end() {
      await loop.stop();
      await learning;
      await workerProcess.deleteMany({ where: { id } });
    },
  };
}

/** Which engine a round would get here, asked of a training process as rounds use it. */
async function learnEngine(): Promise<{ name: string; why: string; threads: number }> {
  const training = await startTrainingProcess();
  await training.stop();
  const { name, notBetter, threads } = training.engine;
  return { name, why: notBetter.join(' '), threads };
}
