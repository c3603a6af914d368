import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { passFaultPoint } from '@rankloop/contracts';
import {
  failLostImports,
  pruneByThemselves,
  reconcileRounds,
  reconcileSideRuns,
  reconcileSimulations,
  startDueAutoRounds,
  storeCurves,
  sweepCheckpoints,
  sweepCorpora,
  sweepProgress,
  sweepSideRuns,
  thinMetrics,
} from '@rankloop/core';
import type { Db } from '@rankloop/db';
import {
  drawForPlayground,
  enqueueRunRound,
  enqueueSideRun,
  enqueueSimulateLabelers,
  measureCurve,
  runRound as runRoundJob,
  simulateLabelers,
  type JobHooks,
  type Queues,
  type RunningWorker,
} from '@rankloop/jobs';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { createCurveProcessor } from './budget/curve.processor.ts';
import { judgeByGold } from './demo/judge-by-gold.ts';
import { createSimulationProcessor } from './demo/simulate-labelers.processor.ts';
import { checkWorker, type WorkerReadiness } from './health/check-worker.ts';
import { createWorkerMetrics } from './health/worker-metrics.ts';
import { openPlayground } from './playground/playground.processor.ts';
import { repeat } from './rounds/attempt-life.ts';
import { createRoundProcessor } from './rounds/run-round.processor.ts';
import { watchSpeed } from './speed/watch-speed.ts';
import { announceWorker } from './worker-process.ts';

export interface StartWorkerOptions {
  db: Db;
  queues: Queues;
  dataDir: string;
  logger: Logger;
  isDemo: boolean;
  /** Where synthetic labelers reach the API. */
  apiOrigin: string | undefined;
  /** At the least between two saves of a training on its way. */
  saveEveryMs?: number | undefined;
  /** Curves of rounds that ended longer ago are thinned; absent: never. */
  keepMetricsMs?: number;
  /** Measures the machine once, for estimates of rounds that never ran here. */
  measuresSpeed?: boolean;
}

export interface Worker {
  readonly id: string;
  readonly metrics: Registry;
  checkReadiness(): Promise<WorkerReadiness>;
  /** Puts what it runs back in the rows and ends its training process. */
  stop(): Promise<void>;
}

const RECONCILE_MS = 1000;
const AUTO_ROUNDS_MS = 15_000;
const CURVES_MS = 15_000;
const SPEED_MS = 20_000;
const SWEEP_MS = 3_600_000;
const LOST_IMPORTS_MS = 60_000;

/** Everything that one worker process does, apart from the process edge. */
export async function startWorker(options: StartWorkerOptions): Promise<Worker> {
  const { db, queues, dataDir, logger, isDemo, apiOrigin, keepMetricsMs = Infinity } = options;
  const { measuresSpeed = false } = options;
  const id = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
  const metrics = createWorkerMetrics({ db, queues, workerId: id });
  const hooks = logJobs(logger, metrics.hooks);
  const warn = (message: string) => (err: unknown) => logger.warn({ err }, message);

  const judgeGold = isDemo ? judgeByGold : null;
  const { saveEveryMs } = options;
  const round = { db, queues, dataDir, logger, workerId: id, judgeGold, saveEveryMs };
  const processRound = createRoundProcessor(round);
  const jobLoops: RunningWorker[] = [await queues.startWorker(runRoundJob, processRound, hooks)];
  const aside = { prisma: db.prisma, dataDir, workerId: id, logger };
  const playground = openPlayground(aside);
  jobLoops.push(await queues.startWorker(drawForPlayground, playground.handle, hooks));
  jobLoops.push(await queues.startWorker(measureCurve, createCurveProcessor(aside), hooks));
  const canSimulate = isDemo && apiOrigin !== undefined;
  if (canSimulate) {
    const simulate = createSimulationProcessor({ db, apiOrigin, logger });
    jobLoops.push(await queues.startWorker(simulateLabelers, simulate, hooks));
  }

  const reconcile = async () => {
    passFaultPoint('row written');
    for (const due of await reconcileRounds(db.prisma)) {
      passFaultPoint('before enqueue');
      await enqueueRunRound(queues, due);
      passFaultPoint('after enqueue');
    }
    for (const due of await reconcileSideRuns(db.prisma)) await enqueueSideRun(queues, due);
    if (!canSimulate) return;
    for (const due of await reconcileSimulations(db)) await enqueueSimulateLabelers(queues, due);
  };
  const sweep = async () => {
    await pruneByThemselves(db.prisma, dataDir);
    await sweepCheckpoints(db.prisma, dataDir);
    await sweepCorpora(db.prisma, dataDir);
    await sweepProgress(db.prisma, dataDir);
  };
  const stopping = new AbortController();
  const speed = { ...aside, failed: new Set<string>(), shutdown: stopping.signal };
  const measureSpeed = () => watchSpeed(speed).catch(warn('the speed could not be measured'));
  const thin = async () => {
    if (keepMetricsMs === Infinity) return;
    await thinMetrics({ prisma: db.prisma, endedBefore: new Date(Date.now() - keepMetricsMs) });
  };
  await reconcile().catch(warn('what is due could not be put in the queue'));
  await sweep().catch(warn('checkpoint folders could not be pruned or swept'));
  const loops = [
    repeat(RECONCILE_MS, () => reconcile().catch(warn('what is due could not be put in the queue'))),
    // The rows that it writes are put in the queue by the next reconciliation.
    repeat(AUTO_ROUNDS_MS, () =>
      startDueAutoRounds(db.prisma, new Date()).catch(warn('automatic rounds could not be started')),
    ),
    ...(measuresSpeed ? [repeat(SPEED_MS, measureSpeed)] : []),
    repeat(CURVES_MS, () =>
      storeCurves(db.prisma).catch(warn('curves of rounds that have ended could not be stored')),
    ),
    repeat(SWEEP_MS, () => sweep().catch(warn('checkpoint folders could not be pruned or swept'))),
    repeat(SWEEP_MS, () => thin().catch(warn('curves of old rounds could not be thinned'))),
    repeat(SWEEP_MS, () =>
      sweepSideRuns(db.prisma).catch(warn('old requests of the playground could not be swept')),
    ),
    repeat(LOST_IMPORTS_MS, () => failLostImports(db).catch(warn('lost imports could not be ended'))),
  ];
  const presence = await announceWorker({ db, id, onError: warn('the worker could not say that it is up') });
  logger.info({ id, queue: queues.backend }, 'the worker is up');

  return {
    id,
    metrics: metrics.registry,
    checkReadiness: () => checkWorker({ db, queues, loops: jobLoops }),
    async stop() {
      stopping.abort();
      // Rounds hear of it at once, and nobody here takes up what a last reconciliation puts in.
      await Promise.all([...jobLoops, ...loops].map((loop) => loop.stop()));
      await queues.close();
      await playground.stop();
      await presence.end();
    },
  };
}

function logJobs(logger: Logger, metrics: JobHooks): JobHooks {
  return {
    onStart: ({ job, jobId }) => logger.info({ job, jobId }, 'job begins'),
    onEnd: (report) => {
      metrics.onEnd?.(report);
      const { job, jobId, milliseconds, error } = report;
      const facts = { job, jobId, milliseconds: Math.round(milliseconds) };
      if (error === undefined) logger.info(facts, 'job done');
      else logger.error({ ...facts, err: error }, 'job failed');
    },
  };
}
