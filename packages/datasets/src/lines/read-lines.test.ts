import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readLines, type ReadLine, UnreadableFileError } from './read-lines.ts';

const LIMITS = { maxBytes: 10_000_000, maxInflatedBytes: 20_000_000, maxLineBytes: 1000, maxLines: 10_000 };

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function read(bytes: Uint8Array | string, limits = LIMITS, chunkBytes = 7): Promise<ReadLine[]> {
  const source = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  const lines: ReadLine[] = [];
  for await (const line of readLines(chunksOf(source, chunkBytes), limits)) lines.push(line);
  return lines;
}

const texts = (lines: readonly ReadLine[]) => lines.map(({ line, text }) => [line, text]);

describe('readLines', () => {
  test('takes LF and CRLF, a byte order mark, blank lines and a missing last newline', async () => {
    expect(texts(await read('\uFEFF{"a":1}\r\n\n{"b":2}\n{"c":3}'))).toEqual([
      [1, '{"a":1}'],
      [3, '{"b":2}'],
      [4, '{"c":3}'],
    ]);
  });

  test('reads the same lines from gzip as from plain text, however they are cut into chunks', async () => {
    const text = Array.from({ length: 200 }, (_, i) => `{"prompt":"grüße 🌧 ${i}"}`).join('\n');
    const plain = await read(text, LIMITS, 3);
    expect(plain).toHaveLength(200);
    expect(await read(gzipSync(text), LIMITS, 5)).toEqual(plain);
  });

  test('an over-long line is reported by number, not gathered, and the next one is read', async () => {
    const lines = await read(`{"a":1}\n${'x'.repeat(50_000)}\n{"b":2}\n`);
    expect(texts(lines)).toEqual([
      [1, '{"a":1}'],
      [2, null],
      [3, '{"b":2}'],
    ]);
    expect(lines[1]?.problem?.message).toContain('the limit is 1 kB');
  });

  test('a line that is not UTF-8 is reported, and its excerpt can be stored', async () => {
    const [bad, good] = await read(Buffer.concat([Buffer.from([0xff, 0xfe, 0x00, 0x0a]), Buffer.from('{}')]));
    expect(bad?.problem?.code).toBe('not_utf8');
    expect(bad?.problem?.excerpt).not.toContain('\0');
    expect(good?.text).toBe('{}');
  });

  test('a truncated gzip says so after the lines before the cut', async () => {
    const zipped = gzipSync(
      Array.from({ length: 5000 }, (_, i) => `{"n":${i},"r":${Math.sin(i)}}`).join('\n'),
    );
    const lines: ReadLine[] = [];
    const reading = async () => {
      for await (const line of readLines(chunksOf(zipped.subarray(0, zipped.length - 4000), 512), LIMITS))
        lines.push(line);
    };
    await expect(reading()).rejects.toThrow('The gzip data is damaged or cut off');
    expect(lines.length).toBeGreaterThan(100);
  });

  test('a gzip bomb is stopped at the inflated limit', async () => {
    const bomb = gzipSync(Buffer.alloc(30_000_000, 'a'));
    await expect(read(bomb, LIMITS, 4096)).rejects.toThrow('inflates to more than');
  });

  test('a file over the byte limit or the line limit is refused', async () => {
    await expect(read('x'.repeat(200), { ...LIMITS, maxBytes: 100 })).rejects.toThrow(UnreadableFileError);
    await expect(read('{}\n{}\n{}\n', { ...LIMITS, maxLines: 2 })).rejects.toThrow('more than 2 lines');
  });

  test('whatever the bytes are, it ends with lines or a plain refusal', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 3000 }),
        fc.integer({ min: 1, max: 700 }),
        async (bytes, size) => {
          const outcome = await read(bytes, LIMITS, size).catch((error: unknown) => error);
          expect(Array.isArray(outcome) || outcome instanceof UnreadableFileError).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });
});
