import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readModelFolder, Tokenizer } from '../src/index.ts';

const script = join(import.meta.dirname, 'make-base.ts');
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rankloop-make-base-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const make = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['--import', 'tsx', script, ...args]);

test('a base is made to the sizes asked for, with a tokenizer of the texts, and is read back', async () => {
  const texts = join(dir, 'texts.jsonl');
  const rows = Array.from({ length: 20 }, (_, i) => ({
    prompt: `kettle ${i}`,
    turns: [{ text: 'kettle works' }],
  }));
  await writeFile(texts, rows.map((row) => JSON.stringify(row)).join('\n'));
  const out = join(dir, 'base');
  const sizes = ['--layers', '1', '--width', '16', '--heads', '2', '--context', '32', '--vocabulary', '270'];
  await make(texts, out, ...sizes);

  const { config } = await readModelFolder(out);
  expect(config).toMatchObject({ nLayer: 1, nEmbd: 16, nHead: 2, nPositions: 32, eosTokenId: 0 });
  const tokenizer = await Tokenizer.fromFolder(out);
  expect(config.vocabSize).toBe(tokenizer.vocabSize);
  expect(tokenizer.encode(' kettle').length).toBeLessThan(' kettle'.length);
  // What is there is never written over.
  await expect(make(texts, out, ...sizes)).rejects.toThrow('is not empty');
});
