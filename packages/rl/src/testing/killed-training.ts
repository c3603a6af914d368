// Trainings that are killed again and again, and go on from files as a new process would.

import { setImmediate } from 'node:timers/promises';
import { join } from 'node:path';
import type { Progress, SavedState } from '../algorithms/progress/progress.ts';
import { readSavedState, writeSavedState } from '../algorithms/progress/saved-files.ts';
import type { OnMetrics, YieldToEventLoop } from '../algorithms/types.ts';
import type { Random } from '../engine/random.ts';
import { freshFolder } from './tiny-world.ts';

/** Keeps what is saved in files, at every so many-th chance. */
export class SavedOnDisk implements Progress {
  /** Where each run began, and why it began anew. */
  readonly begun: { step: number; refusal: string | undefined; isAnew: boolean }[] = [];
  /** All that was saved, the newest last. */
  readonly folders: string[] = [];
  /** Where the next run goes on. */
  newest: string | null = null;
  readonly #every: number;
  #chances = 0;
  #count = 0;

  constructor(every: number) {
    this.#every = every;
  }

  async find(): Promise<SavedState | null> {
    return this.newest === null ? null : readSavedState(this.newest);
  }

  begin(step: number, refusal?: string): void {
    this.begun.push({ step, refusal, isAnew: this.newest === null });
  }

  isDue(): boolean {
    this.#chances += 1;
    return this.#chances % this.#every === 0;
  }

  async save(state: SavedState): Promise<void> {
    const folder = join(await freshFolder(), String(++this.#count));
    await writeSavedState(folder, state);
    this.folders.push(folder);
    this.newest = folder;
  }
}

/** What a training is given besides its own options. */
export interface TestRun {
  readonly outDir: string;
  readonly onMetrics: OnMetrics;
  readonly yieldToEventLoop: YieldToEventLoop;
  readonly signal: AbortSignal;
  readonly progress: Progress | undefined;
}

interface Course {
  readonly outDir: string;
  readonly report: unknown;
  /** Metrics by step; a step that was made twice counts as it was made last. */
  readonly trace: ReadonlyMap<number, Record<string, number>>;
  /** How often it let the event loop run. */
  readonly pauses: number;
}

type Train = (run: TestRun) => Promise<unknown>;

/** To its end, from where `progress` has it. */
export async function trainWithoutStop(train: Train, progress?: Progress): Promise<Course> {
  const trace = new Map<number, Record<string, number>>();
  return live(train, { trace, progress, killAt: Infinity });
}

/** Lives that end at a random moment, until one ends by itself. */
export async function trainWithKills(
  train: Train,
  { random, pauses, progress }: { random: Random; pauses: number; progress: Progress },
): Promise<Course & { kills: number }> {
  const trace = new Map<number, Record<string, number>>();
  for (let kills = 0; ; kills++) {
    const killAt = 1 + random.below(Math.ceil(pauses / 2));
    const course = await live(train, { trace, progress, killAt }).catch((error: unknown) => {
      if (error instanceof Killed) return null;
      throw error;
    });
    if (course !== null) return { ...course, kills };
  }
}

class Killed extends Error {
  override readonly name = 'Killed';
}

async function live(
  train: Train,
  options: {
    trace: Map<number, Record<string, number>>;
    progress: Progress | undefined;
    killAt: number;
  },
): Promise<Course> {
  const { trace, progress, killAt } = options;
  const outDir = join(await freshFolder(), 'out');
  const life = new AbortController();
  let pauses = 0;
  const report = await train({
    outDir,
    progress,
    signal: life.signal,
    // Of what is measured only the speed depends on the machine.
    onMetrics: (step, _total, { tokens_per_second: _, ...values }) => void trace.set(step, values),
    yieldToEventLoop: async () => {
      pauses += 1;
      if (pauses === killAt) life.abort(new Killed());
      await setImmediate();
    },
  });
  return { outDir, report, trace, pauses };
}
