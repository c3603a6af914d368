import * as tf from '@tensorflow/tfjs-core';
import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineFolder } from './native/locate.ts';
import { lockOf } from './native/preparation.ts';
import { useEngine } from './use-engine.ts';

const run = promisify(execFile);
const REPOSITORY = join(import.meta.dirname, '../../../..');

describe('the numeric engine where no TensorFlow is set up', () => {
  let empty: string;
  const forced = process.env['RANKLOOP_ENGINE'];
  beforeAll(async () => {
    delete process.env['RANKLOOP_ENGINE'];
    empty = await mkdtemp(join(tmpdir(), 'rankloop-engines-'));
    process.env['RANKLOOP_ENGINE_DIR'] = empty;
  });
  afterAll(async () => {
    delete process.env['RANKLOOP_ENGINE_DIR'];
    if (forced !== undefined) process.env['RANKLOOP_ENGINE'] = forced;
    await rm(empty, { recursive: true });
  });

  it('is wasm, and says why it is no better one', async () => {
    const report = await useEngine();
    expect(report.name).toBe('wasm');
    expect(report.notBetter).toHaveLength(2);
    expect(report.notBetter[0]).toMatch(/^gpu: /);
    expect(report.notBetter[1]).toBe('native: it is not set up. Run: npm run engine');
  });

  it('tells where a better one may appear, and whether one is being prepared', async () => {
    expect((await useEngine()).setUp).toEqual({ folder: empty, lock: null });
    const lock = lockOf(engineFolder('native'));
    await writeFile(lock, JSON.stringify({ pid: process.pid, host: hostname() }));
    expect((await useEngine({ prefer: 'native' })).setUp.lock).toBe(lock);
    expect((await useEngine({ prefer: 'wasm' })).setUp.lock).toBe(null);
    await rm(lock);
  });

  it.each(['native', 'gpu'])('is an error where %s is forced', async (name) => {
    process.env['RANKLOOP_ENGINE'] = name;
    try {
      await expect(useEngine()).rejects.toThrow(`RANKLOOP_ENGINE is ${name}, which does not work here`);
    } finally {
      delete process.env['RANKLOOP_ENGINE'];
    }
  });

  it('is the slower one that is forced', async () => {
    process.env['RANKLOOP_ENGINE'] = 'cpu';
    try {
      expect(await useEngine()).toMatchObject({ name: 'cpu' });
    } finally {
      delete process.env['RANKLOOP_ENGINE'];
    }
  });

  it('is cpu when asked for, and goes back to wasm', async () => {
    expect(await useEngine({ prefer: 'cpu' })).toMatchObject({ name: 'cpu' });
    expect(tf.getBackend()).toBe('cpu');
    expect(await useEngine({ prefer: 'wasm' })).toMatchObject({ name: 'wasm' });
    expect(tf.getBackend()).toBe('wasm');
  });

  it('finds its wasm files from a bundle that leaves packages outside, run from another folder', async () => {
    const folder = await mkdtemp(join(REPOSITORY, 'node_modules/.rankloop-test-'));
    const elsewhere = await mkdtemp(join(tmpdir(), 'rankloop-cwd-'));
    try {
      const entry = join(folder, 'entry.ts');
      const engine = JSON.stringify(join(import.meta.dirname, 'use-engine.ts'));
      await writeFile(entry, `import { useEngine } from ${engine}; console.log((await useEngine()).name);`);
      const outfile = join(folder, 'bundle.mjs');
      await build({
        entryPoints: [entry],
        outfile,
        bundle: true,
        platform: 'node',
        format: 'esm',
        packages: 'external',
        logLevel: 'silent',
      });
      const { stdout } = await run(process.execPath, [outfile], { cwd: elsewhere });
      expect(stdout.trim()).toBe('wasm');
    } finally {
      await rm(folder, { recursive: true });
      await rm(elsewhere, { recursive: true });
    }
  });

  it('starts when run from source through tsx', async () => {
    const code = `import { useEngine } from ${JSON.stringify(join(import.meta.dirname, 'use-engine.ts'))};
      console.log((await useEngine()).name);`;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', code];
    const { stdout } = await run(process.execPath, args, { cwd: REPOSITORY });
    expect(stdout.trim()).toBe('wasm');
  });

  it('refuses a wish that it does not know', async () => {
    process.env['RANKLOOP_ENGINE'] = 'quantum';
    try {
      expect(() => useEngine()).toThrow('RANKLOOP_ENGINE is "quantum"');
    } finally {
      delete process.env['RANKLOOP_ENGINE'];
    }
  });
});
