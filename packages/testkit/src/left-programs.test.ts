import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { programsPrefix, removeLeftPrograms } from './left-programs.ts';

test('bundles of a run that was killed are removed, those of a living one and all else stay', () => {
  const cache = mkdtempSync(path.join(tmpdir(), 'rankloop-cache-'));
  const { pid: gone } = spawnSync(process.execPath, ['--version']);
  const living = `${programsPrefix()}abc`;
  for (const folder of [`${programsPrefix(gone)}abc`, living, 'jiti'])
    mkdirSync(path.join(cache, folder, 'api'), { recursive: true });
  removeLeftPrograms(cache);
  expect(readdirSync(cache).sort()).toEqual(['jiti', living]);
  rmSync(cache, { recursive: true });
});
