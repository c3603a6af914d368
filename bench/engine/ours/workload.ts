import { Random } from '@rankloop/rl';
import { median } from '../../lib/statistics.ts';
import { randomText, type TinyModels } from '../tiny-model.ts';

/** What the trainers are given: texts of equal length, so that nothing is lost to padding. */
export interface Workload extends TinyModels {
  /** Where a trainer may write. */
  readonly outDir: string;
  readonly batch: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Measured, after the warm-up. */
  readonly steps: number;
}

/** Until here graphs are recorded and optimised and memory grows to its size. */
export const WARM_UP_STEPS = 4;

/** Random prompts with two outputs each, of which the first was preferred. */
export function randomPairs(count: number, { promptTokens, outputTokens }: Workload) {
  const random = new Random(1);
  return Array.from({ length: count }, (_, i) => ({
    promptId: `prompt-${String(i)}`,
    promptText: randomText(random, promptTokens),
    completions: [randomText(random, outputTokens), randomText(random, outputTokens)],
    judgements: [{ id: `judgement-${String(i)}`, ranks: [1, 2], weight: 1 }],
  }));
}

/** Seconds from the end of each step to the end of the next; what lies before the warm-up's end is left out. */
export function secondsOfSteps(endsMs: readonly number[]): number[] {
  const counted = endsMs.slice(WARM_UP_STEPS - 1);
  return counted.slice(1).map((end, i) => (end - (counted[i] ?? NaN)) / 1000);
}

/** Of a phase whose parts are all the same work: the usual time of one. */
export function medianGap(timesMs: readonly number[]): number {
  return median(timesMs.slice(1).map((time, i) => time - (timesMs[i] ?? NaN)));
}
