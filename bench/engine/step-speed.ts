import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { median } from '../lib/statistics.ts';

/** A GPT-2-shaped model and the batch that it trains on. */
export interface StepShape {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly vocabulary: number;
  readonly batch: number;
  readonly length: number;
}

const ROOT = path.join(import.meta.dirname, '../..');
const OURS = path.join(ROOT, 'packages/rl/scripts/measure-step.ts');
const TORCH = path.join(ROOT, 'tools/measure-torch.py');
const Output = z.object({ tokensPerSecond: z.array(z.number().positive()).min(1) });
const run = promisify(execFile);

/** Median tokens per second of a training step, each side in a process of its own. */
export function measureOurs(engine: string, shape: StepShape, steps: number): Promise<number> {
  return measure(process.execPath, ['--import', 'tsx', OURS, '--engine', engine], shape, steps);
}
export function measureTorch(python: string, shape: StepShape, steps: number): Promise<number> {
  return measure(python, [TORCH], shape, steps);
}

async function measure(
  command: string,
  args: readonly string[],
  shape: StepShape,
  steps: number,
): Promise<number> {
  const sizes = Object.entries({ ...shape, steps }).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { stdout } = await run(command, [...args, ...sizes], { cwd: ROOT });
  return median(Output.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).tokensPerSecond);
}

/** A Python that has PyTorch: PYTHON_WITH_TORCH, else python3; null where neither has it. */
export async function findTorch(): Promise<string | null> {
  for (const python of [process.env['PYTHON_WITH_TORCH'], 'python3']) {
    if (!python) continue;
    try {
      await run(python, ['-c', 'import torch']);
      return python;
    } catch {
      // Not there, or without PyTorch.
    }
  }
  return null;
}
