import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { eventually } from '@rankloop/testkit';
import { bundleApp } from '../../scripts/lib/bundle-app.mjs';
import { endWithUs } from './end-with-us.ts';

/** One bundle for all cells: a worker of it starts in a fraction of the time that its sources take. */
export async function bundleWorker(): Promise<string> {
  const outdir = fileURLToPath(new URL(`../../.rankloop/crash/worker-${process.pid}`, import.meta.url));
  await bundleApp({
    app: 'worker',
    entries: ['main.ts', 'training/training.child.ts', 'training/decode.thread.ts'],
    outdir,
  });
  endWithUs({ folder: outdir });
  return outdir;
}

export interface CrashWorker {
  pid: number;
  /** From its start until it was up. */
  startMs: number;
  /** The last of what it said. */
  output(): string;
  /** Of the newest round that it began. */
  trainingPid: () => number | undefined;
  /** Whether that process computes or computed for it. */
  hasTrained(pid: number): boolean;
  /** Whether all that it took from the queue has ended. */
  isIdle(): boolean;
  hasEnded(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** Resolves with how the process ended: an exit status or the name of a signal. */
  ended: Promise<number | string>;
}

export interface CrashWorkerOptions {
  /** Where the bundle is. */
  bundle: string;
  databaseUrl: string;
  redisUrl: string | undefined;
  dataDir: string;
  /** Where orders for `hold.mjs` lie; it also marks every process of the crew. */
  orders: string;
  /** Of its training process too. */
  heapMegabytes: number | undefined;
}

const UP_LIMIT_MS = 120_000;
const HOLD = new URL('./hold.mjs', import.meta.url);

/** The worker as its own program, ready to take rounds. */
export async function startCrashWorker(options: CrashWorkerOptions): Promise<CrashWorker> {
  const { bundle, databaseUrl, redisUrl, dataDir, orders, heapMegabytes } = options;
  const hold = new URL(HOLD);
  hold.searchParams.set('folder', orders);
  const limit = heapMegabytes === undefined ? [] : [`--max-old-space-size=${heapMegabytes}`];
  const begun = performance.now();
  const child = spawn(process.execPath, [path.join(bundle, 'main.js')], {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      DATABASE_URL: databaseUrl,
      ...(redisUrl !== undefined && { REDIS_URL: redisUrl }),
      RANKLOOP_DATA_DIR: dataDir,
      // For a model this small the engine that starts fastest.
      RANKLOOP_ENGINE: process.env['RANKLOOP_ENGINE'] ?? 'wasm',
      RANKLOOP_TRAINING_PRIORITY: 'low',
      // It would compute beside the round.
      RANKLOOP_MEASURE_SPEED: '0',
      NODE_OPTIONS: [`--import=${hold.href}`, ...limit].join(' '),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endWithUs({ child });
  const said = listen(child);
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const ended = new Promise<number | string>((resolve) =>
    child.once('exit', (code, signal) => resolve(signal ?? code ?? 'unknown')),
  );
  await eventually(() => said.isUp() || hasEnded(), { timeoutMs: UP_LIMIT_MS, what: 'a worker that is up' });
  if (hasEnded()) throw new Error(`The worker did not start:\n${said.output()}`);
  return {
    pid: child.pid ?? 0,
    startMs: performance.now() - begun,
    output: said.output,
    trainingPid: () => said.trainingPids.at(-1),
    hasTrained: (pid) => said.trainingPids.includes(pid),
    isIdle: () => said.jobs() === 0,
    hasEnded,
    signal: (signal) => child.kill(signal),
    ended,
  };
}

const LINES_KEPT = 400;

/** What the worker's log tells. */
function listen(child: ChildProcessByStdio<null, Readable, Readable>) {
  const lines: string[] = [];
  const trainingPids: number[] = [];
  let isUp = false;
  let jobs = 0;
  const hear = (line: string) => {
    lines.push(line);
    if (lines.length > LINES_KEPT) lines.shift();
    if (line.includes('"msg":"the worker is up"')) isUp = true;
    if (line.includes('"msg":"job begins"')) jobs += 1;
    if (/"msg":"job (done|failed)"/.test(line)) jobs -= 1;
    const [, trainingPid] = /"trainingPid":(\d+)/.exec(line) ?? [];
    if (trainingPid !== undefined) trainingPids.push(Number(trainingPid));
  };
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', hear);
  return { trainingPids, isUp: () => isUp, jobs: () => jobs, output: () => lines.join('\n') };
}

/** Processes of a crew that still run, however they came to be: each has the crew's folder in its environment. */
export function processesOf(orders: string): number[] {
  if (!existsSync('/proc')) return [];
  const mark = path.basename(orders);
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && readEnvironment(pid).includes(mark));
}

/** Empty for a process that is gone or somebody else's. */
function readEnvironment(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}
