import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Tokenizer } from './tokenizer.ts';
import { trainByteLevelBpe } from './train-bpe.ts';

const TEXTS = [
  'the cat sat on the mat, and the cat was happy.',
  'A thing, the other thing: naïve café 12345 😀😀!',
  "it's the end; that isn't the end.",
];
const SPECIAL = ['<|end|>', '<|pad|>'];
const tokenizer = new Tokenizer(trainByteLevelBpe({ texts: TEXTS, vocabSize: 270, specialTokens: SPECIAL }));

describe('a byte-level vocabulary of our own', () => {
  it('gives back every text, exactly', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    '',
    ' ',
    '\n\n  \t',
    '\u0000',
    '\r\n',
    'Ġ',
    '<|end|>',
    'a<|pad|>b',
    " . , 's n't",
    '👩‍👩‍👧 नमस्ते ﷽',
    'e\u0301',
  ])('gives back %j', (text) => {
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  it('never makes a special token of what a person wrote', () => {
    expect(tokenizer.encode('<|end|>').length).toBeGreaterThan(1);
    expect(tokenizer.encode('<|end|>')).not.toContain(0);
    expect(tokenizer.encode('<|end|>', { parseSpecialTokens: true })).toEqual([0]);
  });

  it('leaves special tokens out of decoded text unless asked', () => {
    const ids = [...tokenizer.encode('the cat'), 0];
    expect(tokenizer.decode(ids)).toBe('the cat');
    expect(tokenizer.decode(ids, { keepSpecialTokens: true })).toBe('the cat<|end|>');
  });

  it('puts special tokens first, then 256 bytes, then merges, most frequent first', () => {
    expect(tokenizer.vocabSize).toBe(270);
    expect(SPECIAL.map((token) => tokenizer.tokenId(token))).toEqual([0, 1]);
    // "th" stands in the, other, thing: more often than any other pair.
    expect(tokenizer.tokenId('th')).toBe(258);
    expect(tokenizer.encode(' the').length).toBe(1);
  });

  it('is the same for the same texts in another order', () => {
    const options = { vocabSize: 270, specialTokens: SPECIAL };
    expect(trainByteLevelBpe({ ...options, texts: TEXTS.toReversed() })).toEqual(
      trainByteLevelBpe({ ...options, texts: TEXTS }),
    );
  });

  it('stops early when no pair is frequent enough', () => {
    const { vocabSize } = new Tokenizer(
      trainByteLevelBpe({ texts: ['ab ab'], vocabSize: 400, specialTokens: [] }),
    );
    expect(vocabSize).toBe(257);
  });

  it('keeps one id for a special token that the texts spell too', () => {
    const trained = new Tokenizer(
      trainByteLevelBpe({ texts: ['abab abab abab'], vocabSize: 259, specialTokens: ['ab'] }),
    );
    expect(trained.decode(trained.encode('abab ab'))).toBe('abab ab');
  });

  it.each([
    [{ vocabSize: 257 }, 'at least 258'],
    [{ specialTokens: ['<a>', '<a>'] }, 'distinct'],
  ])('refuses %j', (wrong, message) => {
    const options = { texts: TEXTS, vocabSize: 300, specialTokens: SPECIAL, ...wrong };
    expect(() => trainByteLevelBpe(options)).toThrow(message);
  });
});
