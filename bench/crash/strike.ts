import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '@rankloop/testkit';
import type { Cell, Fault } from './faults.ts';
import type { Lane, World } from './lane.ts';
import type { Action, Order } from './orders.ts';
import type { CrashWorker } from './worker-program.ts';

/** Faults that the process meets by itself at the point; all others strike it while it is held there. */
const ORDERED: Partial<Record<Fault, Action>> = {
  'out of memory': 'use-up-memory',
  'disk full': 'disk-full',
  'disk error': 'disk-error',
};

export const actionOf = (fault: Fault): Action => ORDERED[fault] ?? 'hold';

/** The queue gives a silent worker's job to another after this long; a stopped worker wakes up later than that. */
export const JOB_LOCK_MS = 30_000;

export interface StrikeOptions {
  cell: Cell;
  lane: Lane;
  world: World;
  /** That came to the point, or whose training process did. */
  worker: CrashWorker;
  order: Order;
  /** The process that is held. */
  heldPid: number;
}

/** Does the harm. Whatever is held goes on afterwards, unless it is dead. */
export async function strike(options: StrikeOptions): Promise<void> {
  const { cell, lane, world, worker, order, heldPid } = options;
  switch (cell.fault) {
    case 'SIGKILL worker':
      worker.signal('SIGKILL');
      await worker.ended;
      break;
    case 'SIGKILL child': {
      const isChild = heldPid !== worker.pid;
      const pid = isChild ? heldPid : await eventually(worker.trainingPid, { what: 'a training process' });
      process.kill(pid, 'SIGKILL');
      break;
    }
    case 'SIGTERM worker':
      worker.signal('SIGTERM');
      break;
    case 'SIGSTOP worker':
      worker.signal('SIGSTOP');
      break;
    case 'queue tables emptied':
      await emptyQueueTables(world);
      break;
    case 'Redis emptied':
      await lane.redis?.flushAll();
      break;
    case 'Postgres restart':
      await lane.restartPostgres();
      break;
    case 'out of memory':
    case 'disk full':
    case 'disk error':
      break;
  }
  order.release();
}

/** Jobs, locks and events; what says which version the tables have stays. */
async function emptyQueueTables({ db }: World): Promise<void> {
  await db.pool.query(
    'TRUNCATE rankloop_queue.job, rankloop_queue.event, rankloop_queue.dedup, rankloop_queue.scheduler CASCADE',
  );
}

/** Once the queue would have given its job away, the stopped worker goes on as if nothing had happened. */
export async function wakeUp(worker: CrashWorker, stoppedAtMs: number, lockMs: number): Promise<void> {
  await pause(Math.max(0, stoppedAtMs + lockMs - performance.now()));
  worker.signal('SIGCONT');
}
