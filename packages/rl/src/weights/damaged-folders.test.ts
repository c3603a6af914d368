import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../engine/random.ts';
import { expectedTensors } from '../models/config.ts';
import { damageFolder } from '../testing/damage.ts';
import { Tokenizer } from '../tokenizers/tokenizer.ts';
import { readModelFolder } from './model-folder.ts';
import { sizeOf } from './safetensors.ts';

const SOURCE = join(import.meta.dirname, '..');
/** Single, sharded, and one whose shards' index is the only way in. */
const BASES = ['small-gpt2', 'small-llama', 'small-llama3'] as const;
const FOLDERS = 1_000;
/** A good folder takes a few milliseconds; a busy machine must not turn that red. */
const PATIENCE_MS = 20_000;

let parent: string;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'rankloop-damaged-'));
});
afterAll(() => rm(parent, { recursive: true }));

/** What reading the folder ended with: null when it was read whole. */
async function outcomeOf(dir: string): Promise<unknown> {
  try {
    const { config, tensors, tokenizerJson, tokenizerConfigJson } = await readModelFolder(dir);
    for (const [name, { shape }] of expectedTensors(config)) {
      expect(tensors.get(name)?.values).toHaveLength(sizeOf(shape));
    }
    if (tokenizerJson !== null) {
      const tokenizer = new Tokenizer(tokenizerJson, tokenizerConfigJson);
      tokenizer.decode(tokenizer.encode('some text'));
      tokenizer.chatTemplate?.render([{ role: 'user', content: 'Hi' }]);
    }
    return null;
  } catch (error) {
    return error;
  }
}

describe('a damaged model folder', () => {
  it('is read whole or refused with one plain sentence, a thousand times', { timeout: 300_000 }, async () => {
    const before = process.memoryUsage();
    let refused = 0;
    for (let seed = 0; seed < FOLDERS; seed++) {
      const dir = join(parent, String(seed));
      await cp(join(SOURCE, 'models/fixtures', BASES[seed % BASES.length] ?? BASES[0]), dir, {
        recursive: true,
      });
      await cp(join(SOURCE, 'tokenizers/fixtures/tiny-bpe'), dir, { recursive: true });
      await rm(join(dir, 'expected.json'));
      const damages = await damageFolder(dir, new Random(seed));
      const started = performance.now();
      const outcome = await outcomeOf(dir);
      const what = `folder ${seed} after ${damages.join(', ')}`;
      expect(performance.now() - started, what).toBeLessThan(PATIENCE_MS);
      if (outcome !== null) {
        refused += 1;
        expectPlainSentence(outcome, what);
      }
      await rm(dir, { recursive: true });
    }
    expect(refused).toBeGreaterThan(FOLDERS / 2);
    expect(refused).toBeLessThan(FOLDERS);
    expect(Reflect.has({}, 'polluted') || Reflect.has({}, 'vocab_size')).toBe(false);
    const grown = process.memoryUsage().arrayBuffers - before.arrayBuffers;
    expect(grown).toBeLessThan(200e6);
  });
});

function expectPlainSentence(error: unknown, what: string): void {
  // Anything but a plain Error is an accident: a TypeError, a ZodError, a failed system call.
  const kind = error instanceof Error ? error.constructor.name : typeof error;
  const message = error instanceof Error ? error.message : String(error);
  expect(kind, `${what}: ${message}`).toBe('Error');
  expect(message, what).not.toMatch(/undefined|NaN|not a function|not iterable|E[A-Z]{4,}:/);
  expect(message.length, what).toBeLessThan(1_000);
}
