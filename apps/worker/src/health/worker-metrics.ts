import type { Db } from '@rankloop/db';
import { jobCatalog, type JobHooks, type Queues } from '@rankloop/jobs';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { z } from 'zod';

export interface WorkerMetrics {
  registry: Registry;
  /** Counts and times every job of this process. */
  hooks: JobHooks;
}

export interface WorkerMetricsOptions {
  db: Db;
  queues: Pick<Queues, 'count'>;
  workerId: string;
}

const Engine = z.object({ name: z.string(), threads: z.number().int() });

interface RunningStage {
  project: string;
  round: number;
  stage: string;
  step: number;
  totalSteps: number;
}

/** Figures of one worker. What stands in rows is read when somebody asks; an answer that fails leaves its figure out. */
export function createWorkerMetrics({ db, queues, workerId }: WorkerMetricsOptions): WorkerMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  addQueueGauge(registry, queues);
  addRoundGauge(registry, db, workerId);
  addEngineGauge(registry, db, workerId);
  const jobs = new Counter({
    name: 'rankloop_jobs_total',
    help: 'Jobs that ended in this process, by kind and how.',
    labelNames: ['job', 'result'],
    registers,
  });
  const seconds = new Histogram({
    name: 'rankloop_job_seconds',
    help: 'Time that jobs took, by kind.',
    labelNames: ['job'],
    buckets: [1, 5, 15, 60, 300, 900, 3600, 14_400],
    registers,
  });
  // From the beginning, so that the first failure is a change and not a new series.
  for (const { name: job } of Object.values(jobCatalog))
    for (const result of ['done', 'failed']) jobs.inc({ job, result }, 0);
  const hooks: JobHooks = {
    onEnd: ({ job, milliseconds, error }) => {
      jobs.inc({ job, result: error === undefined ? 'done' : 'failed' });
      seconds.observe({ job }, milliseconds / 1000);
    },
  };
  return { registry, hooks };
}

function addQueueGauge(registry: Registry, queues: Pick<Queues, 'count'>): void {
  new Gauge({
    name: 'rankloop_queue_jobs',
    help: 'Jobs in the queues, by queue and state.',
    labelNames: ['queue', 'state'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const job of Object.values(jobCatalog)) {
        const counts = await queues.count([job]).catch(() => null);
        if (!counts) continue;
        this.set({ queue: job.name, state: 'waiting' }, counts.waiting);
        this.set({ queue: job.name, state: 'active' }, counts.active);
      }
    },
  });
}

function addRoundGauge(registry: Registry, db: Db, workerId: string): void {
  new Gauge({
    name: 'rankloop_round_stage_steps',
    help: 'Steps of the running stage of the round that this worker runs: done so far, and in all.',
    labelNames: ['project', 'round', 'stage', 'steps'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const stage of await findRunningStages(db, workerId).catch(() => [])) {
        const labels = { project: stage.project, round: stage.round, stage: stage.stage };
        this.set({ ...labels, steps: 'done' }, stage.step);
        this.set({ ...labels, steps: 'all' }, stage.totalSteps);
      }
    },
  });
}

async function findRunningStages(db: Db, workerId: string): Promise<RunningStage[]> {
  const { rows } = await db.pool.query<RunningStage>({
    name: 'running_stages',
    text: `SELECT p.slug AS project, r.number AS round, s.name AS stage, s.step, s."totalSteps"
      FROM round r JOIN project p ON p.id = r."projectId" JOIN stage s ON s."roundId" = r.id
      WHERE r."workerId" = $1 AND r.state IN ('running', 'cancelling') AND s.state = 'running'`,
    values: [workerId],
  });
  return rows;
}

function addEngineGauge(registry: Registry, db: Db, workerId: string): void {
  new Gauge({
    name: 'rankloop_engine_info',
    help: 'The engine that a round would compute on here. Always 1.',
    labelNames: ['engine', 'threads'],
    registers: [registry],
    async collect() {
      this.reset();
      const row = await db.prisma.workerProcess.findUnique({ where: { id: workerId } }).catch(() => null);
      const engine = Engine.safeParse(row?.engine);
      if (engine.success) this.set({ engine: engine.data.name, threads: engine.data.threads }, 1);
    },
  });
}
