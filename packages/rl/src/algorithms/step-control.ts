// What every training loop does between its steps.

import { setImmediate } from 'node:timers/promises';
import { learningRateFactor } from '../engine/schedule.ts';
import type { YieldToEventLoop } from './types.ts';

/** A pause that lets the event loop run and rejects with the signal's reason once it is aborted. */
export function pauseBetweenSteps(options: {
  signal?: AbortSignal | undefined;
  yieldToEventLoop?: YieldToEventLoop | undefined;
}): () => Promise<void> {
  const { signal, yieldToEventLoop = () => setImmediate() } = options;
  return async () => {
    await yieldToEventLoop();
    signal?.throwIfAborted();
  };
}

/** Where the reward model's rate ends, as a share of its highest (InstructGPT, OpenRLHF). */
const FINAL_SHARE = 0.1;

/**
 * Factor of the base rate at `step` (from 0): linear up to 1 over the warm-up, then half a cosine from 1 to a tenth
 * at `totalSteps`.
 */
export function cosineToTenth(step: number, totalSteps: number, warmupSteps = 0): number {
  if (step < warmupSteps) return (step + 1) / (warmupSteps + 1);
  const progress = Math.min(1, (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps));
  return FINAL_SHARE + (1 - FINAL_SHARE) * 0.5 * (1 + Math.cos(Math.PI * progress));
}

/**
 * Factor of the base rate at `step` (from 1): a linear warm-up, then a cosine that would reach 0 one step after the last.
 * So no step has rate 0, also where there is only one.
 */
export function cosineToZero(step: number, totalSteps: number, warmupSteps: number): number {
  return learningRateFactor({ name: 'cosine', totalSteps: totalSteps + 1, warmupSteps }, step);
}
