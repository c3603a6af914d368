// A training that is a sequence of units: outputs that are drawn and scored, choices, trainings within the training. What
// each unit gave is kept by its place, so that a run that goes on is given it instead of making it again. The unit that was
// under way is made again from where it began, and a training within it goes on where it was saved.

import { z } from 'zod';
import type { OnMetrics } from '../types.ts';
import { valuePart } from './parts.ts';
import { findSaved, goOn, type Parts, type PartState, type Progress, type SavedState } from './progress.ts';
import type { Stopwatch } from './stopwatch.ts';

/** Parts of the training within a unit carry it before their names. */
const WITHIN = 'unit.';

/** Of a text that was JSON: there is nothing left to check. */
const Json = z.custom<z.core.util.JSONType>();

const Kept = z.object({
  /** Of the units that it is within, how many there are. */
  depth: z.number().int().nonnegative(),
  result: Json,
});

const Course = z.object({
  /** What the units that are done gave, in their order; of those within a unit, until that one is done. */
  kept: z.array(Kept),
  /** The step that was told last. */
  told: z.number().int().nonnegative(),
  /** Steps of the training within the unit under way; null where there is none. */
  stepWithin: z.number().int().nonnegative().nullable(),
});

/** A number in a result. JSON holds finite ones only: any other comes back as NaN, and is NaN from the start. */
export const Figure = z
  .unknown()
  .transform((value): number => (typeof value === 'number' && Number.isFinite(value) ? value : NaN));
export const Figures = z.record(z.string(), Figure);

interface UnitsOptions {
  /** What changes from unit to unit. Between units nothing of it may change. */
  readonly parts: Parts;
  readonly stopwatch: Stopwatch;
  readonly progress?: Progress | undefined;
  readonly onMetrics?: OnMetrics | undefined;
}

export class Units {
  readonly #options: UnitsOptions;
  readonly #kept: z.infer<typeof Kept>[] = [];
  /** How many of them this run has been given or has made. */
  #place = 0;
  #depth = 0;
  #told = 0;
  /** The parts as they were when the unit under way began. */
  #beginning: ReadonlyMap<string, PartState> = new Map();
  /** Of an earlier process, of the training within the unit that comes next. */
  #savedWithin: SavedState | null = null;

  private constructor(options: UnitsOptions) {
    this.#options = options;
  }

  /** Goes on where an earlier process was, with every part in its place, or begins. */
  static async begin(options: UnitsOptions): Promise<Units> {
    const units = new Units(options);
    const saved = await findSaved(options.progress);
    const course = valuePart(Course, {
      read: () => ({ kept: [], told: 0, stepWithin: null }),
      place: (found) => {
        units.#kept.push(...found.kept);
        units.#told = found.told;
        if (saved && found.stepWithin !== null)
          units.#savedWithin = { step: found.stepWithin, parts: partsWithin(saved.parts) };
      },
    });
    goOn(options.progress, saved, { ...options.parts, stopwatch: options.stopwatch.part, course });
    units.#takeBeginning();
    return units;
  }

  /**
   * A unit, of which only the result and the parts are needed later. It may be made of units itself; what it does beside
   * them that moves a part comes after the last of them.
   *
   * @param work gets where a training within it saves itself
   */
  async once<Result>(
    schema: z.ZodType<Result>,
    work: (within: Progress | undefined) => NoInfer<Result> | Promise<NoInfer<Result>>,
  ): Promise<Result> {
    const [place, depth] = [this.#place, this.#depth];
    const known = this.#kept[place];
    if (known?.depth === depth) {
      this.#place += 1;
      return schema.parse(known.result);
    }
    this.#depth += 1;
    const result = schema.parse(await work(this.within()));
    this.#depth = depth;
    const { progress } = this.#options;
    if (progress === undefined) return result;
    const kept = { depth, result: Json.parse(JSON.parse(JSON.stringify(result))) };
    this.#kept.splice(place, this.#kept.length - place, kept);
    this.#place = this.#kept.length;
    this.#savedWithin = null;
    this.#takeBeginning();
    if (progress.isDue(this.#told)) await this.#save(null);
    return result;
  }

  /** Where the training within the unit under way saves itself; for one that ends the run, of which no result is kept. */
  within(): Progress | undefined {
    const { progress } = this.#options;
    if (progress === undefined) return undefined;
    return {
      find: () => Promise.resolve(this.#place === this.#kept.length ? this.#savedWithin : null),
      // `begin` has told where the whole goes on.
      begin: () => undefined,
      isDue: () => progress.isDue(this.#told),
      save: (state) => this.#save(state),
    };
  }

  /** Metrics of a step, unless an earlier process has told them. Steps only rise. */
  tell(step: number, totalSteps: number, values: Record<string, number>): void {
    if (step <= this.#told) return;
    this.#told = step;
    this.#options.onMetrics?.(step, totalSteps, values);
  }

  async #save(within: SavedState | null): Promise<void> {
    const { progress, stopwatch } = this.#options;
    const course = { kept: [...this.#kept], told: this.#told, stepWithin: within?.step ?? null };
    const own = [...(within?.parts ?? [])].map(([name, state]) => [`${WITHIN}${name}`, state] as const);
    await progress?.save({
      step: this.#told,
      parts: new Map<string, PartState>([
        ...this.#beginning,
        ['stopwatch', stopwatch.part.read()],
        ['course', { value: course, tensors: new Map() }],
        ...own,
      ]),
    });
  }

  #takeBeginning(): void {
    const { progress, parts } = this.#options;
    if (progress === undefined) return;
    this.#beginning = new Map(Object.entries(parts).map(([name, part]) => [name, part.read()]));
  }
}

function partsWithin(parts: ReadonlyMap<string, PartState>): Map<string, PartState> {
  const own = [...parts].filter(([name]) => name.startsWith(WITHIN));
  return new Map(own.map(([name, state]) => [name.slice(WITHIN.length), state]));
}
