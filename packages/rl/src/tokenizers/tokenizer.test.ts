import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTokenizerFiles } from './tokenizer-files.ts';
import { Tokenizer } from './tokenizer.ts';

/** Written by Hugging Face's own library: 256 bytes, four special tokens, 40 merges. */
const FOLDER = join(import.meta.dirname, 'fixtures/tiny-bpe');
const tokenizer = await Tokenizer.fromFolder(FOLDER);

describe('a byte-level tokenizer of a model folder', () => {
  it('gives back every text, exactly', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it('gives back every text beside special tokens, which are their own ids', () => {
    const [start, end] = [tokenizer.tokenId('<|bos|>'), tokenizer.tokenId('<|eos|>')];
    expect([start, end]).toEqual([1, 2]);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        const ids = tokenizer.encode(`<|bos|>${text}<|eos|>`, { parseSpecialTokens: true });
        expect([ids[0], ids.at(-1)]).toEqual([start, end]);
        expect(tokenizer.decode(ids)).toBe(text);
        expect(tokenizer.decode(ids, { keepSpecialTokens: true })).toBe(`<|bos|>${text}<|eos|>`);
      }),
    );
  });

  it('says plainly what is no tokenizer', async () => {
    expect(() => new Tokenizer({})).toThrow('not a tokenizer.json');
    expect(() => new Tokenizer({ model: { type: 'Telepathy' } })).toThrow('cannot be used');
    const empty = await mkdtemp(join(tmpdir(), 'rankloop-tokenizer-'));
    await expect(Tokenizer.fromFolder(empty)).rejects.toThrow('has no tokenizer.json');
    expect(await readTokenizerFiles(empty)).toEqual({ json: null, configJson: null });
    await rm(empty, { recursive: true });
  });
});
