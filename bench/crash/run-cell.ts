import { startRound } from '@rankloop/core';
import { eventually } from '@rankloop/testkit';
import { IN_CHILD, nameOf, type Cell } from './faults.ts';
import type { Lane, World } from './lane.ts';
import { openOrders, type Orders } from './orders.ts';
import { CRASH_CONFIG } from './project.ts';
import { actionOf, JOB_LOCK_MS, strike, wakeUp } from './strike.ts';
import { findFaults } from './verdict.ts';
import { isAlive, processesOf, startCrashWorker, type CrashWorker } from './worker-program.ts';

export interface CellResult {
  cell: Cell;
  /** How the round ended, or what stood in the way. */
  state: string;
  reason: string | null;
  attempts: number;
  /** Between the end or standstill of a worker and the moment when its round was due again. */
  noticedMs: number | null;
  seconds: number;
  /** What must not be; empty for a cell that holds. */
  faults: string[];
}

export interface RunCellOptions {
  cell: Cell;
  lane: Lane;
  bundle: string;
  /** Waits as long as a real worker's silence lasts; otherwise the rows are told that this time has passed. */
  isPatient: boolean;
}

const REACH_LIMIT_MS = 180_000;
const END_LIMIT_MS = 180_000;
const STOP_LIMIT_MS = 20_000;
const OUT_OF_MEMORY_MB = 192;
/** Higher than any system gives. */
const NO_PROCESS = 2 ** 30;

/** One round, one fault at one point, and the world afterwards. */
export async function runCell(options: RunCellOptions): Promise<CellResult> {
  const { cell, lane } = options;
  const begun = performance.now();
  const world = await lane.makeWorld();
  const orders = openOrders();
  const workers: CrashWorker[] = [];
  const start = async () => {
    const worker = await startCrashWorker({
      bundle: options.bundle,
      databaseUrl: world.url,
      redisUrl: cell.fault === 'Redis emptied' ? lane.redis?.url : undefined,
      dataDir: world.dataDir,
      orders: orders.folder,
      heapMegabytes: cell.fault === 'out of memory' ? OUT_OF_MEMORY_MB : undefined,
    });
    workers.push(worker);
    return worker;
  };
  try {
    const worker = await start();
    orders.give(cell.point, actionOf(cell.fault));
    // The row must not be there before the worker stands where it would look for it.
    if (cell.point === 'row written') await eventually(orders.findReached, { timeoutMs: REACH_LIMIT_MS });
    const { id: roundId } = await begin(world);
    const heldPid = await waitUntilReached(orders, world, roundId);
    const struckMs = performance.now();
    await strike({ cell, lane, world, worker, orders, heldPid });
    const noticing = await goOn({ ...options, world, roundId, worker, start, struckMs });
    const faults = [
      ...(await stopAll(workers, orders.folder)),
      ...(IN_CHILD.includes(cell.point) && heldPid === worker.pid ? ['held in the wrong process'] : []),
      ...(await findFaults(world, roundId)),
    ];
    const round = await readRound(world, roundId);
    return {
      cell,
      state: round.state,
      reason: round.reason,
      attempts: round.attempt,
      noticedMs: noticing,
      seconds: (performance.now() - begun) / 1000,
      faults,
    };
  } catch (error) {
    const said = workers.map((worker) => worker.output()).join('\n--- the next worker ---\n');
    process.stderr.write(`${nameOf(cell)}\n${said}\n`);
    const what = error instanceof Error ? error.message : String(error);
    const seconds = (performance.now() - begun) / 1000;
    return { cell, state: 'stuck', reason: null, attempts: 0, noticedMs: null, seconds, faults: [what] };
  } finally {
    for (const pid of processesOf(orders.folder)) process.kill(pid, 'SIGKILL');
    await world.close();
    orders.close();
  }
}

const begin = ({ db, project: { projectId } }: World) =>
  startRound({ prisma: db.prisma, projectId, actor: { userId: null }, config: CRASH_CONFIG });

/** @throws Error when the round ends before the fault: there is nothing to show */
async function waitUntilReached(orders: Orders, world: World, roundId: string): Promise<number> {
  const found = await eventually(
    async () => {
      const pid = orders.findReached();
      if (pid !== null) return { pid };
      const { state, reason, endedAt } = await readRound(world, roundId);
      return endedAt && { pid: null, early: `The round ended as ${state} before the fault: ${reason ?? ''}` };
    },
    { timeoutMs: REACH_LIMIT_MS, intervalMs: 20, what: 'the fault point' },
  );
  if (found.pid === null) throw new Error(found.early);
  return found.pid;
}

const readRound = ({ db }: World, id: string) => db.prisma.round.findUniqueOrThrow({ where: { id } });

interface GoOnOptions extends RunCellOptions {
  world: World;
  roundId: string;
  /** That was struck. */
  worker: CrashWorker;
  start: () => Promise<CrashWorker>;
  struckMs: number;
}

/** As a supervisor would: a worker that is gone is replaced. Resolves when the round and a stopped worker have ended. */
async function goOn(options: GoOnOptions): Promise<number | null> {
  const { cell, world, roundId, worker, start, struckMs, isPatient } = options;
  const isStopped = cell.fault === 'SIGSTOP worker';
  const isSilent = isStopped || cell.fault === 'SIGKILL worker';
  // A database that has just come back refuses the connections from before.
  const before = await eventually(() => readRound(world, roundId));
  if (cell.fault === 'SIGTERM worker') await worker.ended;
  if (isSilent && !isPatient) await passTime(world, roundId);
  if (worker.hasEnded() || isStopped) await start();
  const noticedMs =
    isSilent && before.state === 'running' ? await measureNotice(options, before.attempt) : null;
  await eventually(async () => (await readRound(world, roundId)).endedAt, {
    timeoutMs: END_LIMIT_MS,
    intervalMs: 50,
    what: 'the end of the round',
  });
  if (isStopped) await wakeUp(worker, struckMs, isPatient ? JOB_LOCK_MS : 0);
  // A zombie finds out by itself, and takes its training process with it.
  await eventually(() => !isAlive(worker.trainingPid() ?? NO_PROCESS), {
    timeoutMs: STOP_LIMIT_MS,
    what: 'the end of the training process',
  });
  return isPatient ? noticedMs : null;
}

async function measureNotice({ world, roundId, struckMs }: GoOnOptions, attempt: number): Promise<number> {
  await eventually(async () => (await readRound(world, roundId)).attempt > attempt, {
    timeoutMs: END_LIMIT_MS,
    intervalMs: 50,
    what: 'somebody who notices',
  });
  return performance.now() - struckMs;
}

async function passTime({ db }: World, id: string): Promise<void> {
  await db.prisma.round.updateMany({
    where: { id, endedAt: null, heartbeatAt: { not: null } },
    data: { heartbeatAt: new Date(Date.now() - 60_000) },
  });
}

/** Every worker that is left ends by itself when it is told to, and nothing of the cell goes on. */
async function stopAll(workers: readonly CrashWorker[], orders: string): Promise<string[]> {
  const found: string[] = [];
  for (const worker of workers) {
    if (!worker.hasEnded()) worker.signal('SIGTERM');
    const status = await worker.ended;
    // That one was ours.
    if (status !== 0 && status !== 'SIGKILL')
      found.push(`a worker that was told to stop ended with ${status}`);
  }
  await eventually(() => processesOf(orders).length === 0, { timeoutMs: STOP_LIMIT_MS }).catch(() =>
    found.push(`processes go on: ${processesOf(orders).join(', ')}`),
  );
  return found;
}
