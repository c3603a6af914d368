// The training process: a child of the worker, so that hours of arithmetic never hold up heartbeats, cancelling or a
// lock. It has no database and no network address, only folders and messages. It ends with its parent.

import { availableParallelism } from 'node:os';
import { passFaultPoint } from '@rankloop/contracts';
import { DivergedError, onThreadTrouble, useEngine } from '@rankloop/rl';
import { ToChild, type FromChild } from './messages.ts';
import { runCommand } from './run-command.ts';
import { saveProgress } from './save-progress.ts';
import { DEFAULT_PRIORITY, TrainingPriority, yieldProcessors } from './yield-processors.ts';

// The parent is gone, however it went: nobody could take the result.
process.on('disconnect', () => process.exit(0));
// A signal to the whole process group reaches the parent too, which decides what it means.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

if (process.send === undefined) {
  process.stderr.write('This process is started by the worker.\n');
  process.exit(1);
}

// Before the engine starts its threads: people come first.
yieldProcessors(TrainingPriority.catch(DEFAULT_PRIORITY).parse(process.env['RANKLOOP_TRAINING_PRIORITY']));

onThreadTrouble((sentence) => say({ type: 'notice', sentence }));
process.on('message', (message) => void run(ToChild.parse(message)));
let engineInUse = { name: '', threads: 1 };
try {
  const engine = await useEngine({ modelWidth: Number(process.argv[2] ?? 0) });
  const threads = threadsOf(engine.name);
  engineInUse = { name: engine.name, threads };
  say({ type: 'ready', engine: { ...engine, notBetter: [...engine.notBetter], threads } });
} catch (error) {
  say({ type: 'unfit', message: describe(error).message });
  process.disconnect();
}

async function run({ id, command, progress: settings }: ToChild): Promise<void> {
  try {
    const result = await runCommand(command, {
      onMetrics: (step, totalSteps, values) => {
        say({ type: 'metrics', step, totalSteps, values });
        if (command.kind === 'reward') passFaultPoint('mid reward epoch');
        if (command.kind === 'ppo') passFaultPoint('mid PPO');
      },
      onSamples: (step, samples) => say({ type: 'samples', step, samples }),
      progress: settings ? saveProgress({ settings, command, engine: engineInUse, say }) : undefined,
      onText: (text, tokens) => say({ type: 'text', text, tokens }),
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
