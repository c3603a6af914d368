import type { Db } from '@rankloop/db';
import { jobCatalog, type Queues, type RunningWorker } from '@rankloop/jobs';

interface Check {
  name: 'database' | 'queue' | 'jobs';
  ok: boolean;
  detail: string;
}

export interface WorkerReadiness {
  ready: boolean;
  checks: Check[];
}

export interface CheckWorkerOptions {
  db: Pick<Db, 'pool'>;
  queues: Pick<Queues, 'count'>;
  /** The loops that take jobs out of the queues. */
  loops: readonly Pick<RunningWorker, 'isRunning'>[];
}

const PATIENCE_MS = 3000;

/** Whether a job that is put in now would be done here: the database and the queue answer, and every loop turns. */
export async function checkWorker({ db, queues, loops }: CheckWorkerOptions): Promise<WorkerReadiness> {
  const areRunning = loops.every((loop) => loop.isRunning());
  const [database, queue] = await Promise.all([
    answers('database', () => db.pool.query('SELECT 1')),
    answers('queue', () => queues.count(Object.values(jobCatalog))),
  ]);
  const detail = areRunning ? 'Jobs are taken.' : 'A loop that takes jobs has ended: restart this worker.';
  const checks: Check[] = [database, queue, { name: 'jobs', ok: areRunning, detail }];
  return { ready: checks.every(({ ok }) => ok), checks };
}

async function answers(name: Check['name'], ask: () => Promise<unknown>): Promise<Check> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('late')), PATIENCE_MS);
  });
  try {
    await Promise.race([ask(), late]);
    return { name, ok: true, detail: `The ${name} answers.` };
  } catch {
    // Addresses and passwords stay in the log.
    return { name, ok: false, detail: `The ${name} does not answer.` };
  } finally {
    clearTimeout(timer);
  }
}
