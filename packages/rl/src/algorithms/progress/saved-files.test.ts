import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { freshFolder } from '../../testing/tiny-world.ts';
import type { PartState, SavedState } from './progress.ts';
import { readOrigin, readSavedState, writeSavedState } from './saved-files.ts';

const tensor = (...values: number[]) => ({ shape: [values.length], values: Float32Array.from(values) });
const parts = new Map<string, PartState>([
  ['policy', { value: null, tensors: new Map([['0', tensor(0.1, -0, 3e38)]]) }],
  [
    'policyAdam',
    {
      value: 3,
      tensors: new Map([
        ['m0', tensor(1e-30)],
        ['v0', tensor(2)],
      ]),
    },
  ],
  ['random', { value: [1, -2, 3, 4, 0.1 + 0.2], tensors: new Map() }],
]);
const state: SavedState = { step: 12, parts };

it('a saved state is read as it was written, to the last bit', async () => {
  const dir = join(await freshFolder(), 'state');
  await writeSavedState(dir, state, { engine: 'wasm' });
  expect(await readSavedState(dir)).toEqual(state);
  expect(await readOrigin(dir)).toEqual({ engine: 'wasm' });
});

it('a state of another version is refused', async () => {
  const dir = join(await freshFolder(), 'state');
  await writeSavedState(dir, state);
  const path = join(dir, 'state.json');
  await writeFile(path, (await readFile(path, 'utf8')).replace('"format":1', '"format":0'));
  await expect(readSavedState(dir)).rejects.toThrow('another version');
});
