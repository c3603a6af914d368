import { expect, test } from 'vitest';
import { BadLineError } from '../lines/parse-json-line.ts';
import { readRow } from './index.ts';

function reasonFor(row: object): string {
  try {
    readRow('responses', JSON.stringify(row));
  } catch (error) {
    if (error instanceof BadLineError) return error.message;
    throw error;
  }
  return 'read';
}

const good = { prompt: 'Say hello', responses: ['Hello', 'Hi'] };

test.each<[object, string]>([
  [good, 'read'],
  [{ ...good, prompt: 5 }, '"prompt": must be a text or a list'],
  [{ ...good, prompt: '' }, '"prompt": must not be empty'],
  [{ ...good, prompt: [{ role: 'robot', content: '' }] }, '"prompt": 0.role must be one of '],
  [{ ...good, responses: 'Hello' }, '"responses": must be a list'],
  [{ ...good, responses: [7] }, '"responses.0": must be a text or an object'],
  [{ ...good, responses: [] }, '"responses": Give at least one response'],
  [{ ...good, ranks: [1.5, 2] }, '"ranks.0": must be a whole number'],
  [{ ...good, ranks: [0, 2] }, '"ranks.0": must be at least 1'],
  [{ ...good, id: true }, '"id": must be a text or a number'],
  [{ ...good, id: 'x'.repeat(201) }, '"id": is longer than 200 characters'],
  [{ ...good, metadata: [] }, '"metadata": must be an object'],
  [{ prompt: 'Say hello' }, '"responses": must be a list'],
])('a bad row is told in words of its own: %j', (row, words) => {
  expect(reasonFor(row)).toContain(words);
});
