import { eventually } from '@rankloop/testkit';
import type { Fault } from './faults.ts';
import type { Lane, World } from './lane.ts';
import { openOrders, type Orders } from './orders.ts';
import { processesOf, startCrashWorker, type CrashWorker } from './worker-program.ts';

/** Which workers a fault needs. Cells of one kind follow each other, with workers that are up already. */
export type CrewKind = 'usual' | 'little memory' | 'Redis';

export function crewFor(fault: Fault): CrewKind {
  if (fault === 'out of memory') return 'little memory';
  return fault === 'Redis emptied' ? 'Redis' : 'usual';
}

/** A world and the workers in it. */
export interface Crew {
  readonly kind: CrewKind;
  readonly world: World;
  readonly orders: Orders;
  /** All that have not ended. */
  workers(): CrashWorker[];
  start(): Promise<CrashWorker>;
  /** Starts workers, or tells some to stop, until there are so many. Returns what went wrong. */
  bringTo(count: number): Promise<string[]>;
  /** Waits until nobody does anything. Returns what went wrong: `told` is the one that was meant to end. */
  settle(told: CrashWorker | null): Promise<string[]>;
  /** What its workers said last. */
  output(): string;
  /** Tells everybody to stop. Returns what went wrong. */
  close(): Promise<string[]>;
  /** After a cell that went wrong. */
  kill(): Promise<void>;
}

const OUT_OF_MEMORY_MB = 192;
/** A machine that is busy with something else may take long to load an engine that nobody needs any more. */
const SETTLE_LIMIT_MS = 60_000;

export interface StartCrewOptions {
  kind: CrewKind;
  lane: Lane;
  /** Where the worker's bundle is. */
  bundle: string;
}

export async function startCrew({ kind, lane, bundle }: StartCrewOptions): Promise<Crew> {
  const world = await lane.makeWorld();
  const orders = openOrders();
  if (kind === 'Redis') await lane.redis?.flushAll();
  let crew: CrashWorker[] = [];
  const workers = () => crew.filter((worker) => !worker.hasEnded());

  async function start(): Promise<CrashWorker> {
    const worker = await startCrashWorker({
      bundle,
      databaseUrl: world.url,
      redisUrl: kind === 'Redis' ? lane.redis?.url : undefined,
      dataDir: world.dataDir,
      orders: orders.folder,
      heapMegabytes: kind === 'little memory' ? OUT_OF_MEMORY_MB : undefined,
    });
    crew.push(worker);
    return worker;
  }

  async function bringTo(count: number): Promise<string[]> {
    const found: string[] = [];
    for (const worker of workers().slice(count)) {
      worker.signal('SIGTERM');
      found.push(...(await judgeEnd(worker)));
      crew = crew.filter((one) => one !== worker);
    }
    while (workers().length < count) await start();
    return found;
  }

  /** The ids of what runs beside the workers themselves. */
  function others(): number[] {
    const known = workers().map(({ pid }) => pid);
    return processesOf(orders.folder).filter((pid) => !known.includes(pid));
  }

  async function settle(told: CrashWorker | null): Promise<string[]> {
    const found: string[] = [];
    for (const worker of crew.filter((one) => one.hasEnded())) {
      if (worker !== told) found.push(`a worker ended by itself with ${await worker.ended}`);
      else found.push(...(await judgeEnd(worker)));
    }
    crew = workers();
    const wait = { timeoutMs: SETTLE_LIMIT_MS };
    await eventually(() => crew.every((worker) => worker.isIdle()), wait).catch(() =>
      found.push('a job of an ended round goes on'),
    );
    await eventually(() => others().length === 0, wait).catch(() =>
      found.push(`processes go on: ${others().join(', ')}`),
    );
    return found;
  }

  async function leave(): Promise<void> {
    for (const pid of processesOf(orders.folder)) killIfAlive(pid);
    await Promise.all(crew.map((worker) => worker.ended));
    await world.close();
    orders.close();
  }

  return {
    kind,
    world,
    orders,
    workers,
    start,
    bringTo,
    settle,
    output: () => crew.map((worker) => worker.output()).join('\n--- the next worker ---\n'),
    async close() {
      const found = [...(await bringTo(0)), ...(await settle(null))];
      await leave();
      return found;
    },
    kill: leave,
  };
}

async function judgeEnd(worker: CrashWorker): Promise<string[]> {
  const status = await worker.ended;
  // SIGKILL was ours.
  return status === 0 || status === 'SIGKILL' ? [] : [`a worker that was told to stop ended with ${status}`];
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself just now.
  }
}
