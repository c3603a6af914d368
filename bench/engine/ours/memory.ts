import { createRequire } from 'node:module';
import { z } from 'zod';
import { median } from '../../lib/statistics.ts';
import { trainRewardOn } from './train-reward.ts';
import type { Workload } from './workload.ts';

/** What many recorded steps leave behind. */
export interface MemoryGrowth {
  /** Resident memory in the last tenth of the steps less that in the third tenth, when it has its size. */
  readonly growthMiB: number;
  readonly residentMiB: number;
  /** Live ones after each step: the largest difference from the first step. */
  readonly tensors: number;
  readonly nativeHandles: number;
}

const MIB = 2 ** 20;

/** TF.js belongs to the learning part; here only its counters are read. */
const Core = z.object({
  memory: functionOf<() => { numTensors: number }>(),
  backend: functionOf<() => unknown>(),
});
const NativeBackend = z.object({ binding: z.object({ getNumOfTensors: functionOf<() => number>() }) });

/** Trains a reward model for `steps` steps of one size; on the native engine only. */
export async function measureMemory(workload: Workload): Promise<MemoryGrowth> {
  const core = Core.parse(createRequire(import.meta.resolve('@rankloop/rl'))('@tensorflow/tfjs-core'));
  const { binding } = NativeBackend.parse(core.backend());
  const tensors: number[] = [];
  const handles: number[] = [];
  const resident: number[] = [];
  await trainRewardOn(workload, workload.steps, () => {
    tensors.push(core.memory().numTensors);
    handles.push(binding.getNumOfTensors());
    resident.push(process.memoryUsage.rss() / MIB);
  });
  const tenth = Math.floor(resident.length / 10);
  const early = median(resident.slice(2 * tenth, 3 * tenth));
  const late = median(resident.slice(-tenth));
  const drift = (counts: readonly number[]) =>
    Math.max(...counts.map((count) => Math.abs(count - (counts[0] ?? NaN))));
  return {
    growthMiB: late - early,
    residentMiB: late,
    tensors: drift(tensors),
    nativeHandles: drift(handles),
  };
}

function functionOf<F extends () => unknown>() {
  return z.custom<F>((value) => typeof value === 'function');
}
