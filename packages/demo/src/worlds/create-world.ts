import { createAdviceWorld } from './advice.ts';
import { createStyleWorld } from './style.ts';
import { createSummaryWorld } from './summary.ts';
import type { SmallWorld, WorldName } from './types.ts';

const creators: Record<WorldName, (seed: number) => SmallWorld> = {
  style: createStyleWorld,
  summary: createSummaryWorld,
  advice: createAdviceWorld,
};

/** A member of the family: the same name and seed are the same world everywhere. */
export const createWorld = (name: WorldName, seed: number): SmallWorld => creators[name](seed);
