import { startRound } from '@rankloop/core';
import type { Round } from '@rankloop/db';
import { eventually } from '@rankloop/testkit';
import type { Crew } from './crew.ts';
import { AFTER_THE_END, IN_CHILD, isSilent, type Cell } from './faults.ts';
import type { Lane, World } from './lane.ts';
import type { Order } from './orders.ts';
import { CRASH_CONFIG, makeCrashProject } from './project.ts';
import { actionOf, JOB_LOCK_MS, strike, wakeUp } from './strike.ts';
import { findFaults } from './verdict.ts';
import type { CrashWorker } from './worker-program.ts';

export interface CellResult {
  cell: Cell;
  /** How the round ended, or what stood in the way. */
  state: string;
  reason: string | null;
  attempts: number;
  takeover: Takeover | null;
  seconds: number;
  /** What must not be; empty for a cell that holds. */
  faults: string[];
}

/** By a worker that was up already, since the last word of the one that was struck. */
export interface Takeover {
  /** Until the round was due again. */
  noticedMs: number;
  /** Until the other worker had it. */
  takenMs: number;
}

export interface RunCellOptions {
  cell: Cell;
  lane: Lane;
  crew: Crew;
  /** Waits as long as a real worker's silence lasts; otherwise the rows are told that this time has passed. */
  isPatient: boolean;
}

const REACH_LIMIT_MS = 180_000;
const END_LIMIT_MS = 180_000;

/** One round of a new project, one fault at one point, and the world afterwards. */
export async function runCell(options: RunCellOptions): Promise<CellResult> {
  const { cell, crew, lane } = options;
  const { world, orders } = crew;
  const begun = performance.now();
  const secondsNow = () => (performance.now() - begun) / 1000;
  try {
    // Whose silence it is cannot say so: a second worker is up.
    const faults = await crew.bringTo(isSilent(cell.fault) ? 2 : 1);
    const project = await makeCrashProject(world.db.prisma, world.dataDir);
    const order = orders.give(cell.point, actionOf(cell.fault));
    // The row must not be there before a worker stands where it would look for it.
    if (cell.point === 'row written') await eventually(order.findReached, { timeoutMs: REACH_LIMIT_MS });
    const { id: roundId } = await begin(world, project.projectId);
    const heldPid = await waitUntilReached(order, cell, world, roundId);
    const worker = await findWorker(crew, heldPid);
    if (IN_CHILD.includes(cell.point) && heldPid === worker.pid) faults.push('held in the wrong process');
    const struckMs = performance.now();
    await strike({ cell, lane, world, worker, order, heldPid });
    const takeover = await goOn({ ...options, roundId, worker, struckMs });
    const isMeantToEnd = cell.fault === 'SIGKILL worker' || cell.fault === 'SIGTERM worker';
    faults.push(...(await crew.settle(isMeantToEnd ? worker : null)));
    faults.push(...(await findFaults(world, project, roundId)));
    const { state, reason, attempt } = await readRound(world, roundId);
    return { cell, state, reason, attempts: attempt, takeover, seconds: secondsNow(), faults };
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    const nothing = { reason: null, attempts: 0, takeover: null };
    return { cell, state: 'stuck', ...nothing, seconds: secondsNow(), faults: [what] };
  }
}

const begin = ({ db }: World, projectId: string) =>
  startRound({ prisma: db.prisma, projectId, actor: { userId: null }, config: CRASH_CONFIG });

/** @throws Error when the round ends before the fault: there is nothing to show */
async function waitUntilReached(
  order: Order,
  { point }: Cell,
  world: World,
  roundId: string,
): Promise<number> {
  const found = await eventually(
    async () => {
      const pid = order.findReached();
      if (pid !== null) return { pid };
      if (AFTER_THE_END.includes(point)) return null;
      const { state, reason, endedAt } = await readRound(world, roundId);
      return endedAt && { pid: null, early: `The round ended as ${state} before the fault: ${reason ?? ''}` };
    },
    { timeoutMs: REACH_LIMIT_MS, intervalMs: 20, what: 'the fault point' },
  );
  if (found.pid === null) throw new Error(found.early);
  return found.pid;
}

/** Its log may come a moment later than its training process comes to the point. */
const findWorker = (crew: Crew, pid: number): Promise<CrashWorker> =>
  eventually(() => crew.workers().find((worker) => worker.pid === pid || worker.hasTrained(pid)), {
    what: 'the worker whose process came to the point',
    intervalMs: 10,
  });

const readRound = ({ db }: World, id: string) => db.prisma.round.findUniqueOrThrow({ where: { id } });

interface GoOnOptions extends RunCellOptions {
  roundId: string;
  /** That was struck. */
  worker: CrashWorker;
  struckMs: number;
}

/** As a supervisor would: a worker that is gone is replaced. Resolves when the round has ended and all are awake. */
async function goOn(options: GoOnOptions): Promise<Takeover | null> {
  const { cell, crew, roundId, worker, struckMs, isPatient } = options;
  const { world } = crew;
  // A database that has just come back refuses the connections from before.
  const before = await eventually(() => readRound(world, roundId));
  if (cell.fault === 'SIGTERM worker') await worker.ended;
  if (isSilent(cell.fault) && !isPatient) await passTime(world, roundId);
  if (crew.workers().length === 0) await crew.start();
  const lastWord = isSilent(cell.fault) ? findLastWord(before, worker) : null;
  const takeover = lastWord === null ? null : await watchTakeover(world, before, lastWord);
  await eventually(async () => (await readRound(world, roundId)).endedAt, {
    timeoutMs: END_LIMIT_MS,
    intervalMs: 50,
    what: 'the end of the round',
  });
  if (cell.fault === 'SIGSTOP worker') await wakeUp(worker, struckMs, isPatient ? JOB_LOCK_MS : 0);
  return isPatient ? takeover : null;
}

/** When the struck worker last said that it works on the round; null where it does not. */
function findLastWord({ state, workerId, heartbeatAt }: Round, { pid }: CrashWorker): Date | null {
  return state === 'running' && workerId?.includes(`-${pid}-`) === true ? heartbeatAt : null;
}

async function watchTakeover(world: World, before: Round, lastWord: Date): Promise<Takeover> {
  const since = () => Date.now() - lastWord.getTime();
  const until = (what: string, holds: (round: Round) => boolean) =>
    eventually(async () => holds(await readRound(world, before.id)), {
      timeoutMs: END_LIMIT_MS,
      intervalMs: 20,
      what,
    });
  await until('somebody who notices', ({ attempt }) => attempt > before.attempt);
  const noticedMs = since();
  await until('somebody who takes over', ({ state }) => state !== 'queued');
  return { noticedMs, takenMs: since() };
}

async function passTime({ db }: World, id: string): Promise<void> {
  await db.prisma.round.updateMany({
    where: { id, endedAt: null, heartbeatAt: { not: null } },
    data: { heartbeatAt: new Date(Date.now() - 60_000) },
  });
}
