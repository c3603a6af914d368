import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engineFolder, locateNative } from './locate.ts';
import { isBeingPrepared, lockOf } from './preparation.ts';

const PLACES = join(import.meta.dirname, '../../../../../scripts/engine/places.mjs');

let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'rankloop-engines-'));
  folder = engineFolder('native', { RANKLOOP_ENGINE_DIR: root });
});
afterEach(() => rm(root, { recursive: true }));

const putLock = (lock: unknown) => writeFile(lockOf(folder), JSON.stringify(lock));

describe('the lock of the set-up', () => {
  it('tells that an engine is being prepared, and the search says so', async () => {
    await putLock({ pid: process.pid, host: hostname() });
    expect(isBeingPrepared(folder)).toBe(true);
    expect(locateNative('native', { RANKLOOP_ENGINE_DIR: root })).toEqual({
      missing: 'it is being prepared at this moment.',
    });
  });

  it('does not count when its holder is gone', async () => {
    expect(isBeingPrepared(folder)).toBe(false);
    await putLock({ pid: 2 ** 22 + 1, host: hostname() });
    expect(isBeingPrepared(folder)).toBe(false);
    await putLock('no lock');
    expect(isBeingPrepared(folder)).toBe(false);
  });

  it('of another host counts until it is no longer touched', async () => {
    await putLock({ pid: 1, host: 'elsewhere.example' });
    expect(isBeingPrepared(folder)).toBe(true);
    const past = new Date(Date.now() - 60_000);
    await utimes(lockOf(folder), past, past);
    expect(isBeingPrepared(folder)).toBe(false);
  });
});

describe('the set-up', () => {
  it.each(['native', 'gpu'] as const)('puts the %s engine where the search looks', (kind) => {
    const env = { RANKLOOP_ENGINE_DIR: root };
    const code = `const { engineFolder, lockFile } = await import(${JSON.stringify(pathToFileURL(PLACES).href)});
      console.log(engineFolder('${kind}')); console.log(lockFile('${kind}'));`;
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', code], {
      env: { ...process.env, ...env },
      encoding: 'utf8',
    });
    const expected = engineFolder(kind, env);
    expect(output.trim().split('\n')).toEqual([expected, lockOf(expected)]);
  });
});
