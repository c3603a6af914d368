import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineFolder, readManifest } from './places.mjs';

const run = promisify(execFile);
const folder = engineFolder('native');
const manifest = readManifest(folder);

describe.skipIf(manifest === undefined)('the self-test of the native engine', () => {
  let work: string;
  beforeAll(() => void (work = mkdtempSync(path.join(tmpdir(), 'rankloop-self-test-'))));
  afterAll(() => rmSync(work, { recursive: true }));

  const packageFolder = path.join(folder, manifest?.package ?? '');
  const addon = path.join(packageFolder, manifest?.addon ?? '');
  const selfTest = (addonFile: string) =>
    run(process.execPath, [
      path.join(import.meta.dirname, 'self-test.mjs'),
      packageFolder,
      addonFile,
      'native',
    ]);

  /** The addon with some of its functions replaced. */
  function brokenAddon(name: string, replacements: string): string {
    const file = path.join(work, `${name}.cjs`);
    writeFileSync(
      file,
      `const addon = require(${JSON.stringify(addon)});
       const names = Object.getOwnPropertyNames(addon);
       module.exports = { ...Object.fromEntries(names.map((name) => [name, addon[name]])), ${replacements} };`,
    );
    return file;
  }

  it('passes what the set-up has put in place', async () => {
    await expect(selfTest(addon)).resolves.toMatchObject({ stdout: '' });
  });

  it('fails an addon that computes but cannot load a recorded step', async () => {
    const broken = brokenAddon('no-sessions', `loadSavedModel() { throw new Error('no sessions here'); }`);
    await expect(selfTest(broken)).rejects.toThrow('Error: no sessions here');
  });

  it('fails an addon whose recorded steps do not change the state', async () => {
    const replacement = `runSavedModel: (id, tensors) => addon.runSavedModel(id, tensors, 'initial', 'set')`;
    await expect(selfTest(brokenAddon('no-writes', replacement))).rejects.toThrow(
      'a recorded step gave 2, 3 instead of 3, 5',
    );
  });
});
