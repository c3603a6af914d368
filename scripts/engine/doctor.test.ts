import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { aboutEngine, aboutSpeed, examine } from './doctor.mjs';
import { engineFolder, refusalFile } from './places.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rankloop-doctor-'));
  vi.stubEnv('RANKLOOP_ENGINE_DIR', folder);
  vi.stubEnv('RANKLOOP_STATE_DIR', path.join(folder, 'state'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe('the doctor', () => {
  test(
    'tells which engine a round would get, why no better one, and its speed',
    { timeout: 180_000 },
    async () => {
      vi.stubEnv('RANKLOOP_ENGINE', '');
      writeFileSync(refusalFile('native'), JSON.stringify({ why: 'no pip was found.' }));
      const lines: string[] = [];
      await examine({ seconds: 0.1, say: (line: string) => lines.push(line) });
      expect(lines[0]).toBe('Engine: wasm');
      expect(lines[1]).toMatch(/^ {2}not gpu: /);
      expect(lines[2]).toBe('  not native: no pip was found.');
      expect(lines[3]).toMatch(/^Training step as rounds run it/);
      expect(lines[4]).toMatch(/^ {2}wasm {4}[1-9][\d,]* tokens\/s$/);
      // It runs already: it is not measured twice.
      expect(lines).toHaveLength(5);
    },
  );

  test(
    'ends with a sentence where the engine that is forced does not work',
    { timeout: 180_000 },
    async () => {
      vi.stubEnv('RANKLOOP_ENGINE', 'native');
      await expect(examine({ seconds: 0.1, say: () => undefined })).rejects.toThrow(
        'RANKLOOP_ENGINE is native, which does not work here: it is not set up. Run: npm run engine',
      );
    },
  );

  const native = { name: 'native', notBetter: ['gpu: no NVIDIA driver was found.'], tokensPerSecond: 18_420 };

  test('tells where TensorFlow came from, its oneDNN setting and its threads', () => {
    const engines = engineFolder('native');
    mkdirSync(engines);
    const manifest = { route: 'wheel', package: '.', addon: 'addon.node', files: {} };
    writeFileSync(path.join(engines, 'engine.json'), JSON.stringify(manifest));
    expect(aboutEngine(native, {}, 2)).toEqual([
      'Engine: native',
      '  not gpu: no NVIDIA driver was found.',
      `  from TensorFlow of its Python wheel, in ${engines}`,
      '  oneDNN: on',
      '  threads: 2 operations at a time; for each of them 1, all for models of width 512 and more',
    ]);
    const env = { TF_ENABLE_ONEDNN_OPTS: '0', TF_NUM_INTEROP_THREADS: '4', TF_NUM_INTRAOP_THREADS: '3' };
    expect(aboutEngine(native, env, 2).slice(-2)).toEqual([
      '  oneDNN: off (TF_ENABLE_ONEDNN_OPTS=0)',
      '  threads: 4 operations at a time; for each of them 3',
    ]);
  });

  test('sets the speed of the engine beside that of wasm', () => {
    const wasm = { name: 'wasm', notBetter: [], tokensPerSecond: 1667 };
    expect(aboutSpeed([native, wasm]).slice(1)).toEqual([
      '  native  18,420 tokens/s',
      '  wasm    1,667 tokens/s',
    ]);
    expect(aboutSpeed([wasm, wasm]).slice(1)).toEqual(['  wasm    1,667 tokens/s']);
  });
});
