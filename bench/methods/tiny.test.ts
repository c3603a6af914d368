import { useEngine } from '@rankloop/rl';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attempt, findOutcome } from './attempt.ts';
import { cellsOf } from './cells.ts';
import { compareMethods } from './compare.ts';
import { openScene, type Scene } from './scene.ts';
import { SIZES } from './sizes.ts';

const size = SIZES.tiny;
const cacheDir = mkdtempSync(path.join(tmpdir(), 'rankloop-methods-test-'));
let scene: Scene;

beforeAll(async () => {
  await useEngine({ prefer: 'wasm' });
  scene = await openScene(cacheDir, size, 'style', 1);
});
afterAll(() => {
  rmSync(cacheDir, { recursive: true });
});

describe('the benchmark of methods, at its smallest', () => {
  const cells = cellsOf(size);

  it.each(cells.map((cell) => [cell.method.name, cell.arm, cell] as const))(
    'runs and measures %s, %s',
    async (_, __, cell) => {
      const outcome = await attempt(cacheDir, cell, scene);
      expect(outcome.diverged).toBeNull();
      for (const figure of Object.values(outcome.figures)) expect(figure).toSatisfy(Number.isFinite);
      // Found again without another run, under a name of its own.
      expect(findOutcome(cacheDir, cell)).toEqual(outcome);
    },
  );

  it('has a line for each method', () => {
    const outcomes = cells.flatMap((cell) => findOutcome(cacheDir, cell) ?? []);
    expect(compareMethods(outcomes).map(({ method }) => method)).toEqual([
      ...new Set(cells.map(({ method }) => method.name)),
    ]);
  });

  it('keeps no result under settings that it was not made with', () => {
    const [cell] = cells;
    if (cell === undefined) throw new Error('There is no method.');
    expect(findOutcome(cacheDir, { ...cell, size: { ...size, labels: size.labels + 1 } })).toBeNull();
    expect(findOutcome(cacheDir, { ...cell, seed: 2 })).toBeNull();
  });
});
