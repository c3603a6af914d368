import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { baseModelDir } from './base-model.ts';

const sizeOf = (file: string): number => statSync(join(baseModelDir, file)).size;

describe('the base model', () => {
  it('lies in the repository, small enough to be cloned with it', () => {
    expect(sizeOf('model.safetensors')).toBeGreaterThan(100_000);
    expect(sizeOf('model.safetensors')).toBeLessThan(3_000_000);
    expect(sizeOf('tokenizer.json')).toBeLessThan(200_000);
  });

  it('has one row per token of its tokenizer', () => {
    const config: unknown = JSON.parse(readFileSync(join(baseModelDir, 'config.json'), 'utf8'));
    const tokenizer: unknown = JSON.parse(readFileSync(join(baseModelDir, 'tokenizer.json'), 'utf8'));
    expect(tokenizer).toHaveProperty('model.vocab');
    expect(config).toMatchObject({ model_type: 'gpt2', n_positions: 64 });
  });
});
