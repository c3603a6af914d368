// The training process: a child of the worker, so that hours of arithmetic never hold up heartbeats, cancelling or a
// lock. It has no database and no network address, only folders and messages. It ends with its parent.

import { availableParallelism, setPriority } from 'node:os';
import { DivergedError, useEngine } from '@rankloop/rl';
import { ToChild, type FromChild } from './messages.ts';
import { runCommand } from './run-command.ts';

/** Below the API and the database: people come first. */
const LOW_PRIORITY = 10;

// The parent is gone, however it went: nobody could take the result.
process.on('disconnect', () => process.exit(0));
// A signal to the whole process group reaches the parent too, which decides what it means.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

if (process.send === undefined) {
  process.stderr.write('This process is started by the worker.\n');
  process.exit(1);
}

try {
  setPriority(LOW_PRIORITY);
} catch {
  // Some containers forbid it; training then runs at ordinary priority.
}

process.on('message', (message) => void run(ToChild.parse(message)));
try {
  const engine = await useEngine();
  say({
    type: 'ready',
    engine: { ...engine, notBetter: [...engine.notBetter], threads: threadsOf(engine.name) },
  });
} catch (error) {
  say({ type: 'unfit', message: describe(error).message });
  process.disconnect();
}

async function run({ id, command }: ToChild): Promise<void> {
  try {
    const result = await runCommand(command, {
      onMetrics: (step, totalSteps, values) => say({ type: 'metrics', step, totalSteps, values }),
      onSamples: (step, samples) => say({ type: 'samples', step, samples }),
    });
    say({ type: 'done', id, result });
  } catch (error) {
    say({ type: 'failed', id, ...describe(error) });
  }
}

function describe(error: unknown): {
  code: 'diverged' | 'error';
  message: string;
  stack?: string | undefined;
} {
  if (error instanceof DivergedError) return { code: 'diverged', message: error.reason };
  if (error instanceof Error) return { code: 'error', message: error.message, stack: error.stack };
  return { code: 'error', message: String(error) };
}

function say(message: FromChild): void {
  // A closed channel means that the parent is gone; `disconnect` ends this process.
  if (process.connected) process.send?.(message);
}

/** TensorFlow computes on all processors or as many as it is told; the others on one. */
function threadsOf(name: string): number {
  if (name !== 'native' && name !== 'gpu') return 1;
  return Number(process.env['TF_NUM_INTEROP_THREADS']) || availableParallelism();
}
