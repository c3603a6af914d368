// One method on one world and seed, in one arm: learned, measured, kept.

import { DivergedError } from '@rankloop/rl';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { keyOf, readCached, writeCached } from './cache.ts';
import type { Arm } from './labels.ts';
import { measurePolicy, PolicyFigures } from './measure.ts';
import type { Method } from './methods.ts';
import { sceneKey, type Scene } from './scene.ts';
import type { Size } from './sizes.ts';
import type { WorldName } from '@rankloop/demo';

export interface Cell {
  size: Size;
  world: WorldName;
  seed: number;
  method: Method;
  arm: Arm;
}

export const Outcome = z.object({
  world: z.string(),
  seed: z.number(),
  method: z.string(),
  arm: z.enum(['true', 'twin']),
  /** Null where training left the region of numbers; the base then stays, and counts as what the method gave. */
  figures: PolicyFigures,
  diverged: z.string().nullable(),
  seconds: z.number(),
  /** Of the processor, all threads. */
  processorSeconds: z.number(),
});
export type Outcome = z.infer<typeof Outcome>;

const nameOf = ({ size, world, seed, method, arm }: Cell): string =>
  keyOf({
    scene: sceneKey(size, world, seed),
    method: method.name,
    settings: method.settings(size),
    twin: method.twin,
    samples: size.samples,
    evaluation: size.evaluation,
    arm,
  });

const outcomesIn = (cacheDir: string): string => path.join(cacheDir, 'outcomes');

export const findOutcome = (cacheDir: string, cell: Cell): Outcome | null =>
  readCached(outcomesIn(cacheDir), nameOf(cell), Outcome);

export async function attempt(cacheDir: string, cell: Cell, scene: Scene): Promise<Outcome> {
  const { method, arm } = cell;
  const started = performance.now();
  const usedBefore = process.cpuUsage();
  const outDir = path.join(scene.scratchDir, `${method.name.replaceAll(' ', '-')}-${arm}`);
  let diverged: string | null = null;
  try {
    await method.learn({ scene, arm, outDir });
  } catch (error) {
    if (!(error instanceof DivergedError)) throw error;
    diverged = error.reason;
  }
  const figures = await measurePolicy(scene, diverged === null ? outDir : scene.baseDir);
  const { user, system } = process.cpuUsage(usedBefore);
  const outcome: Outcome = {
    world: cell.world,
    seed: cell.seed,
    method: method.name,
    arm,
    figures,
    diverged,
    seconds: (performance.now() - started) / 1000,
    processorSeconds: (user + system) / 1e6,
  };
  rmSync(outDir, { recursive: true, force: true });
  writeCached(outcomesIn(cacheDir), nameOf(cell), outcome);
  return outcome;
}
