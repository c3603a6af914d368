import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { failLostImports, reconcileRounds, sweepCheckpoints } from '@rankloop/core';
import type { Db } from '@rankloop/db';
import {
  enqueueRunRound,
  runRound as runRoundJob,
  simulateLabelers,
  type JobHooks,
  type Queues,
} from '@rankloop/jobs';
import type { Logger } from 'pino';
import { judgeByGold } from './demo/judge-by-gold.ts';
import { createSimulationProcessor } from './demo/simulate-labelers.processor.ts';
import { repeat } from './rounds/attempt-life.ts';
import { createRoundProcessor } from './rounds/run-round.processor.ts';
import { announceWorker } from './worker-process.ts';

export interface StartWorkerOptions {
  db: Db;
  queues: Queues;
  dataDir: string;
  logger: Logger;
  isDemo: boolean;
  /** Where synthetic labelers reach the API. */
  apiOrigin: string | undefined;
}

export interface Worker {
  readonly id: string;
  /** Puts what it runs back in the rows and ends its training process. */
  stop(): Promise<void>;
}

const RECONCILE_MS = 3000;
const SWEEP_MS = 3_600_000;
const LOST_IMPORTS_MS = 60_000;

/** Everything that one worker process does, apart from the process edge. */
export async function startWorker(options: StartWorkerOptions): Promise<Worker> {
  const { db, queues, dataDir, logger, isDemo, apiOrigin } = options;
  const id = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
  const hooks = logJobs(logger);
  const warn = (message: string) => (err: unknown) => logger.warn({ err }, message);

  await queues.startWorker(
    runRoundJob,
    createRoundProcessor({
      db,
      queues,
      dataDir,
      logger,
      workerId: id,
      judgeGold: isDemo ? judgeByGold : null,
    }),
    hooks,
  );
  if (isDemo && apiOrigin !== undefined) {
    await queues.startWorker(simulateLabelers, createSimulationProcessor({ db, apiOrigin, logger }), hooks);
  }

  const reconcile = async () => {
    for (const due of await reconcileRounds(db.prisma)) await enqueueRunRound(queues, due);
  };
  const sweep = () => sweepCheckpoints(db.prisma, dataDir);
  await reconcile().catch(warn('the rounds could not be reconciled'));
  await sweep().catch(warn('stray checkpoint folders could not be swept'));
  const loops = [
    repeat(RECONCILE_MS, () => reconcile().catch(warn('the rounds could not be reconciled'))),
    repeat(SWEEP_MS, () => sweep().catch(warn('stray checkpoint folders could not be swept'))),
    repeat(LOST_IMPORTS_MS, () => failLostImports(db).catch(warn('lost imports could not be ended'))),
  ];
  const presence = await announceWorker({ db, id, onError: warn('the worker could not say that it is up') });
  logger.info({ id, queue: queues.backend }, 'the worker is up');

  return {
    id,
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()));
      await queues.close();
      await presence.end();
    },
  };
}

function logJobs(logger: Logger): JobHooks {
  return {
    onStart: ({ job, jobId }) => logger.info({ job, jobId }, 'job begins'),
    onEnd: ({ job, jobId, milliseconds, error }) => {
      const facts = { job, jobId, milliseconds: Math.round(milliseconds) };
      if (error === undefined) logger.info(facts, 'job done');
      else logger.error({ ...facts, err: error }, 'job failed');
    },
  };
}
