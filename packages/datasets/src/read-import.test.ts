import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import type { ImportedRow } from '@rankloop/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRow } from './formats/index.ts';
import { BadLineError } from './lines/parse-json-line.ts';
import { openImportFile, previewImport } from './read-import.ts';

const fixture = (name: string) => new URL(`./fixtures/${name}`, import.meta.url);

async function readAll(name: string) {
  const file = await openImportFile(createReadStream(fixture(name)));
  const rows: ImportedRow[] = [];
  const problems: { line: number; code: string }[] = [];
  for await (const line of file.lines) {
    if ('problem' in line) problems.push({ line: line.line, code: line.problem.code });
    else rows.push(...line.rows);
  }
  return { format: file.format, rows, problems };
}

describe('each format', () => {
  test('prompts become conversations with their ids', async () => {
    const { format, rows, problems } = await readAll('prompts.jsonl');
    expect([format, problems]).toEqual(['prompts', []]);
    expect(rows.map((row) => [row.externalId, row.conversation.length])).toEqual([
      ['p1', 1],
      [null, 1],
      ['7', 2],
      ['p4', 3],
    ]);
  });

  test('responses keep their models and their ranks without gaps', async () => {
    const { format, rows } = await readAll('responses.jsonl');
    expect(format).toBe('responses');
    expect(rows[0]?.ranks).toEqual([1, 2, 1]);
    expect(rows[0]?.responses.map((response) => response.modelName)).toEqual([null, null, 'other-7b']);
    expect(rows[1]?.ranks).toBeNull();
  });

  test('HH pairs share their turns up to the last common human turn; what follows is each response', async () => {
    const { format, rows } = await readAll('hh-pairs.jsonl');
    expect(format).toBe('hh-pairs');
    expect(rows[0]?.conversation).toEqual([{ role: 'user', content: 'How do I boil an egg?' }]);
    expect(rows[0]?.responses.map((response) => response.text)).toEqual([
      'Eight minutes in boiling water.',
      'Ask somebody else.',
    ]);
    expect(rows[1]?.conversation).toEqual([{ role: 'user', content: 'Hi' }]);
    expect(rows[1]?.responses[1]?.text).toBe('Assistant: What?\n\nHuman: Thanks\n\nAssistant: Fine.');
    expect(rows[2]?.responses.map((response) => response.text)).toEqual(['', 'Nothing.']);
    expect(rows.every((row) => row.ranks?.join() === '1,2')).toBe(true);
  });

  test('each message of a tree with two or more replies is a task; deleted replies are left out', async () => {
    const { format, rows } = await readAll('oasst-trees.jsonl');
    expect(format).toBe('oasst-trees');
    expect(rows.map((row) => [row.externalId, row.conversation.length, row.ranks])).toEqual([
      ['t1', 1, [1, 3, 2]],
      ['q2', 3, [2, 1, null]],
    ]);
  });

  test('bad lines are named by number and reason, the good ones are read', async () => {
    const { format, rows, problems } = await readAll('bad-lines.jsonl');
    expect(format).toBe('responses');
    expect(rows.map((row) => row.externalId)).toEqual(['ok1', 'ok2']);
    expect(problems).toEqual([
      { line: 2, code: 'not_json' },
      { line: 3, code: 'not_object' },
      { line: 4, code: 'forbidden_key' },
      { line: 5, code: 'lone_surrogate' },
      { line: 6, code: 'nul_character' },
      { line: 7, code: 'wrong_shape' },
      { line: 8, code: 'wrong_shape' },
      { line: 9, code: 'wrong_shape' },
      { line: 11, code: 'wrong_shape' },
    ]);
  });

  test('the reason for a bad line can be stored whatever the line holds', async () => {
    for (const bad of ['\0{bad', '{"a": \uD83D', '{"a\0": 1}', '{"\uD800": 1, "x"}']) {
      const good = '{"prompt":"ok","responses":["a","b"]}';
      const file = await openImportFile(Readable.from([Buffer.from(`${good}\n${bad}\n`)]));
      for await (const line of file.lines) {
        if ('problem' in line) expect(JSON.stringify(line.problem)).not.toMatch(/\\u0000|\\ud[89a-f]/i);
      }
    }
  });

  test('a prototype key never reaches an object', async () => {
    await readAll('bad-lines.jsonl');
    expect(Object.hasOwn(Object.prototype, 'admin')).toBe(false);
  });

  test('a tree nested without end is refused, not followed until the stack is gone', () => {
    const deep = `${'{"replies":['.repeat(5000)}${']}'.repeat(5000)}`;
    const row = `{"message_tree_id":"t","prompt":${deep}}`;
    expect(() => readRow('oasst-trees', row)).toThrow(BadLineError);
  });

  test('any JSON object is either read or refused with a sentence', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.constantFrom('prompts', 'responses', 'hh-pairs', 'oasst-trees'),
        (row, format) => {
          try {
            readRow(format, JSON.stringify(row));
          } catch (error) {
            expect(error).toBeInstanceOf(BadLineError);
          }
        },
      ),
    );
  });
});

describe('opening a file', () => {
  test('an empty file and a file of something else are refused with what is read instead', async () => {
    const open = (text: string) =>
      openImportFile([Buffer.from(text)] as unknown as AsyncIterable<Uint8Array>);
    await expect(open('')).rejects.toThrow('The file is empty');
    await expect(open('a;b;c\n1;2;3\n')).rejects.toThrow('No line looks like a format this product reads');
  });
});

describe('preview', () => {
  test('shows what the first rows become, also from the cut-off head of a gzip file', async () => {
    const text = await readFile(fixture('oasst-trees.jsonl'), 'utf8');
    const preview = await previewImport(Buffer.from(text));
    expect(preview.format).toBe('oasst-trees');
    expect(preview.rows[0]).toMatchObject({
      line: 1,
      becomes: 'a task: one prompt, 3 outputs, with human ranks',
      error: null,
    });

    const many = Array.from({ length: 3000 }, (_, i) =>
      JSON.stringify({ prompt: `Prompt ${i} ${Math.sin(i)}` }),
    ).join('\n');
    const head = gzipSync(many).subarray(0, 20_000);
    const cut = await previewImport(head);
    expect(cut).toMatchObject({ format: 'prompts', compressed: true });
    expect(cut.rows).toHaveLength(10);
  });

  test('names the line of a bad row and says that it will not be imported', async () => {
    const preview = await previewImport(await readFile(fixture('bad-lines.jsonl')));
    expect(preview.rows[1]).toMatchObject({ line: 2, becomes: 'not imported' });
    expect(preview.rows[1]?.error).toContain('Not valid JSON');
  });
});
