import { statSync } from 'node:fs';
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
  let hasEnded = false;
  let lastWrite: Promise<unknown> = Promise.resolve();
  const beat = async (engine?: { name: string; why: string; threads: number }) => {
    if (hasEnded) return;
    lastWrite = workerProcess.upsert({
      where: { id },
      create: { id, ...about },
      update: { seenAt: new Date(), ...(engine && { engine }) },
    });
    await lastWrite;
  };
  // Rows of workers that were killed stay for a day, to be seen on the System page.
  await workerProcess.deleteMany({ where: { seenAt: { lt: new Date(Date.now() - 86_400_000) } } });
  await beat();
  const watch = watchEngine(beat);
  const look = () => watch().catch(onError);
  const firstLook = look();
  const loop = repeat(BEAT_MS, () => beat().catch(onError));
  const learning = repeat(BEAT_MS, () => firstLook.then(look));
  return {
    async end() {
      hasEnded = true;
      await loop.stop();
      // A training process that is just being asked is not waited for: it ends by itself, or with this process.
      void learning.stop();
      await lastWrite.catch(() => undefined);
      await workerProcess.deleteMany({ where: { id } });
    },
  };
}

interface Engine {
  name: string;
  why: string;
  threads: number;
}

/** Tells which engine a round would get here, and again whenever the set-up has put a better one in place. */
function watchEngine(tell: (engine: Engine) => Promise<unknown>): () => Promise<void> {
  let known: { folder: string; changedMs: number } | undefined;
  return async () => {
    if (known !== undefined && changedAt(known.folder) === known.changedMs) return;
    const before = known && changedAt(known.folder);
    const { engine, folder } = await learnEngine();
    // What changes while we ask is looked at the next time.
    known = { folder, changedMs: before ?? changedAt(folder) };
    await tell(engine);
  };
}

/** When an engine was last added to the folder or taken away; 0 while there is no such folder. */
function changedAt(folder: string): number {
  return statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Asked of a training process as rounds use it. */
async function learnEngine(): Promise<{ engine: Engine; folder: string }> {
  const training = await startTrainingProcess();
  await training.stop();
  const { name, notBetter, threads, setUp } = training.engine;
  return { engine: { name, why: notBetter.join(' '), threads }, folder: setUp.folder };
}
