import { beforeAll, describe, expect, it } from 'vitest';
import { CausalLm, Tokenizer, useEngine } from '@rankloop/rl';
import { baseModelDir } from '../src/index.ts';
import { failedBars, measureBase, trainBase } from './base-training.ts';

let tokenizer: Tokenizer;
beforeAll(async () => {
  await useEngine({ prefer: 'wasm' });
  tokenizer = await Tokenizer.fromFolder(baseModelDir);
});

/** All weights after a few steps, as they would be written. */
async function weightsAfterSteps(seed: number): Promise<Buffer[]> {
  const model = await trainBase({ tokenizer, steps: 4, texts: 400, seed });
  const tensors = [...model.hostTensors().values()];
  const bytes = tensors.map(({ values }) =>
    Buffer.from(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength)),
  );
  model.dispose();
  return bytes;
}

describe('training the base', () => {
  it('gives the same bytes for the same seed, and others for another', async () => {
    const first = Buffer.concat(await weightsAfterSteps(1));
    expect(first.length).toBeGreaterThan(1_000_000);
    expect(Buffer.concat(await weightsAfterSteps(1)).equals(first)).toBe(true);
    expect(Buffer.concat(await weightsAfterSteps(2)).equals(first)).toBe(false);
  });
});

describe('the shipped base', () => {
  it('has room to become better, writes sound texts and no two alike', async () => {
    const model = await CausalLm.fromFolder(baseModelDir);
    const { figures } = await measureBase(model, tokenizer);
    model.dispose();
    expect(figures.outputs).toBe(400);
    expect(failedBars(figures)).toEqual([]);
  });

  it('would not be shipped without one of these', () => {
    const sound = { gold: 0.3, friendliness: 0.2, form: 0.99, distinct: 398, outputs: 400, perplexity: 1.75 };
    expect(failedBars(sound)).toEqual([]);
    for (const flaw of [{ gold: 0.1 }, { gold: 0.5 }, { form: 0.9 }, { distinct: 380 }, { perplexity: 3 }])
      expect(failedBars({ ...sound, ...flaw })).toHaveLength(1);
  });
});
