import { describe, expect, it } from 'vitest';
import { tinyTokenizer } from '../testing/tiny-world.ts';
import { encodeTarget } from './encode-target.ts';

const limits = { maxTokens: 12, eosTokenId: 0, bosTokenId: undefined };
const encode = (text: string, completion: string) =>
  encodeTarget(tinyTokenizer, { prompt: { text }, completion }, limits);
const read = (ids: readonly number[]) => tinyTokenizer.decode([...ids]);

describe('a text that a policy is to write', () => {
  it('is the prompt, the completion and the end-of-text token', () => {
    const { ids, start, isTruncated } = encode('ab:', 'cd');
    expect([read(ids.slice(0, start)), read(ids.slice(start, -1)), ids.at(-1)]).toEqual(['ab:', 'cd', 0]);
    expect(isTruncated).toBe(false);
  });

  it('loses the start of a prompt that leaves too little room', () => {
    const { ids, start, isTruncated } = encode('abcdefghij:', 'klmno');
    expect([read(ids.slice(0, start)), read(ids.slice(start, -1)), ids.at(-1)]).toEqual([
      'fghij:',
      'klmno',
      0,
    ]);
    expect(isTruncated).toBe(true);
  });

  it('does not end where its completion was cut', () => {
    const { ids, start, isTruncated } = encode('abcdef:', 'ghijklmnopqrst');
    expect([read(ids.slice(0, start)), read(ids.slice(start))]).toEqual(['ef:', 'ghijklmno']);
    expect(isTruncated).toBe(true);
  });

  it('does not end where drawing had stopped it, as long as there is anything else to learn', () => {
    const cutOff = (completion: string) =>
      encodeTarget(tinyTokenizer, { prompt: { text: 'ab:' }, completion, isCutOff: true }, limits);
    const { ids, start, isTruncated } = cutOff('cd');
    expect(read(ids.slice(0, start))).toBe('ab:');
    // Reading them would hide an end.
    expect(ids.slice(start)).toEqual(tinyTokenizer.encode('cd'));
    expect(isTruncated).toBe(false);
    expect(cutOff('').ids.slice(cutOff('').start)).toEqual([0]);
  });
});
