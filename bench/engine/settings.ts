import type { EngineName } from '@rankloop/rl';
import { availableParallelism } from 'node:os';

/** What TensorFlow ran with in a process whose engine has started: it may have chosen for itself. */
export function settingsOf(engine: EngineName): { versions: string; threads: number } {
  if (engine === 'wasm' || engine === 'cpu') return { versions: engine, threads: 1 };
  const oneDnn = process.env['TF_ENABLE_ONEDNN_OPTS'] === '0' ? 'off' : 'on';
  return {
    versions: `${engine}, oneDNN ${oneDnn}`,
    threads: Number(process.env['TF_NUM_INTEROP_THREADS'] ?? availableParallelism()),
  };
}
