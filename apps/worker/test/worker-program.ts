// The worker as its own program, to be killed.

import { spawn, type ChildProcess } from 'node:child_process';
import { eventually, programFile } from '@rankloop/testkit';

export interface WorkerProgram {
  readonly pid: number;
  /** Training processes that it has begun a round with, newest last. */
  readonly trainingPids: readonly number[];
  /** What it wrote, for the message when something goes wrong. */
  output(): string;
  /** Sends the signal and waits until the process is gone. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

export async function startWorkerProgram(options: {
  databaseUrl: string;
  dataDir: string;
  /** At the least between two saves of a training on its way. */
  saveEveryMs?: number;
}): Promise<WorkerProgram> {
  const child = spawn(process.execPath, [programFile('worker')], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: options.databaseUrl,
      RANKLOOP_DATA_DIR: options.dataDir,
      RANKLOOP_SAVE_EVERY_MS: options.saveEveryMs === undefined ? undefined : String(options.saveEveryMs),
      LOG_LEVEL: 'info',
      // It would compute beside what is tested.
      RANKLOOP_MEASURE_SPEED: '0',
      // As an idle task it would wait for the other tests.
      RANKLOOP_TRAINING_PRIORITY: 'low',
      // Whoever runs the tests on one engine means this program too.
      RANKLOOP_ENGINE: process.env['RANKLOOP_ENGINE'],
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const trainingPids: number[] = [];
  let output = '';
  const read = (chunk: Buffer) => {
    output += chunk.toString();
    for (const [, pid] of output.matchAll(/"trainingPid":(\d+)/g)) {
      if (!trainingPids.includes(Number(pid))) trainingPids.push(Number(pid));
    }
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await eventually(() => output.includes('the worker is up') || hasEnded(child), { timeoutMs: 170_000 });
  if (hasEnded(child)) throw new Error(`The worker did not start:\n${output}`);
  return {
    pid: child.pid ?? 0,
    trainingPids,
    output: () => output,
    async end(signal) {
      child.kill(signal);
      await gone;
    },
  };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;
