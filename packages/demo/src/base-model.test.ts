import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { baseModelDir } from './base-model.ts';

const sizeOf = (file: string): number => statSync(join(baseModelDir, file)).size;

function readJson(file: string): Record<string, unknown> {
  const json: unknown = JSON.parse(readFileSync(join(baseModelDir, file), 'utf8'));
  if (typeof json !== 'object' || json === null) throw new Error(`${file} is not an object.`);
  return Object.fromEntries(Object.entries(json));
}

describe('the base model', () => {
  it('lies in the repository, small enough to be cloned with it', () => {
    expect(sizeOf('model.safetensors')).toBeGreaterThan(100_000);
    expect(sizeOf('model.safetensors')).toBeLessThan(3_000_000);
    expect(sizeOf('tokenizer.json')).toBeLessThan(200_000);
  });

  it('has one row per token of its tokenizer', () => {
    const { vocab_size: rows, n_positions: positions } = readJson('config.json');
    const { model } = readJson('tokenizer.json');
    const vocab: unknown =
      typeof model === 'object' && model !== null && 'vocab' in model ? model.vocab : null;
    expect(rows).toBe(Object.keys(vocab ?? {}).length);
    expect(positions).toBe(64);
  });
});
