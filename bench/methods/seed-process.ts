// All methods of one world and seed that have no result yet, in a process of its own:
//
//   node --import tsx bench/methods/seed-process.ts --size quick --world style --seed 3 --cache FOLDER [--only ppo,raft]

import { useEngine } from '@rankloop/rl';
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { attempt, findOutcome } from './attempt.ts';
import { cellsOfSeed } from './cells.ts';
import { openScene } from './scene.ts';
import { SIZES } from './sizes.ts';
import { worldNames } from '@rankloop/demo';

const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { size: text, world: text, seed: text, cache: text, only: text } });
const options = z
  .object({
    size: z.enum(['tiny', 'quick', 'full']),
    world: z.enum(worldNames),
    seed: z.coerce.number().int().positive(),
    cache: z.string(),
    only: z.string().optional(),
  })
  .parse(values);

const size = SIZES[options.size];
const missing = cellsOfSeed(
  { size, world: options.world, seed: options.seed },
  options.only?.split(','),
).filter((cell) => findOutcome(options.cache, cell) === null);
await useEngine();
const scene = await openScene(options.cache, size, options.world, options.seed);
try {
  console.error(
    `${options.world} ${options.seed}  base and reward models: ${processorSeconds().toFixed(0)} s`,
  );
  for (const cell of missing) {
    const { figures, seconds, diverged } = await attempt(options.cache, cell, scene);
    console.error(
      `${cell.world} ${cell.seed}  ${cell.method.name}, ${cell.arm}: gold win ${figures.goldWin.toFixed(1)} %, ` +
        `proxy win ${figures.proxyWin.toFixed(1)} %, gold ${figures.baseGold.toFixed(2)} -> ${figures.gold.toFixed(2)}, ` +
        `KL ${figures.kl.toFixed(2)}, forgotten ${figures.forgotten.toFixed(3)}, ${figures.words.toFixed(1)} words, ` +
        `${seconds.toFixed(1)} s${diverged === null ? '' : `, diverged: ${diverged}`}`,
    );
  }
  console.error(
    `${options.world} ${options.seed}  processor time in all: ${processorSeconds().toFixed(0)} s`,
  );
} finally {
  rmSync(scene.scratchDir, { recursive: true, force: true });
}

function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
