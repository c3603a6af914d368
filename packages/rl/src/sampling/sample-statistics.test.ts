import * as tf from '@tensorflow/tfjs-core';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../engine/use-engine.ts';
import { testEngine } from '../testing/test-engines.ts';
import { CausalLm } from '../models/causal-lm.ts';
import { sampleCompletions } from './sample.ts';

const DRAWS = 4_000;
const PROMPT = [7, 3];
/** χ² of 22 degrees of freedom is above this once in a million; with the seed fixed, never or always. */
const CHI_SQUARE_LIMIT = 69;

describe.each(['small-gpt2', 'small-llama', 'small-llama3', 'small-qwen2'])('samples of %s', (folder) => {
  let model: CausalLm;
  beforeAll(async () => {
    await useEngine({ prefer: testEngine });
    model = await CausalLm.fromFolder(join(import.meta.dirname, '../models/fixtures', folder));
  });

  /** softmax(logits / temperature) of what follows `ids`, by the full forward. */
  function probabilities(ids: readonly number[], temperature: number): number[] {
    return tf.tidy(() => {
      const T = ids.length;
      const hidden = model.hidden(tf.tensor2d([...ids], [1, T], 'int32'), tf.ones([1, T]));
      const last = tf.slice(model.logits(hidden), [0, T - 1, 0], [1, 1, -1]);
      return Array.from(tf.softmax(tf.div(tf.reshape(last, [-1]), temperature)).dataSync());
    });
  }

  it('are spread as the exact probabilities say, first token and second', async () => {
    const temperature = 1.3;
    const promptIds = Array.from({ length: DRAWS }, () => PROMPT);
    const samples = await sampleCompletions({
      model,
      promptIds,
      maxNewTokens: 2,
      temperature,
      seed: 17,
      batchSize: 500,
    });
    const first = probabilities(PROMPT, temperature);
    expect(
      chiSquare(
        samples.map(({ ids }) => ids[0] ?? -1),
        first,
      ),
    ).toBeLessThan(CHI_SQUARE_LIMIT);
    const likeliest = first.indexOf(Math.max(...first));
    const after = samples.filter(({ ids }) => ids[0] === likeliest).map(({ ids }) => ids[1] ?? -1);
    const second = probabilities([...PROMPT, likeliest], temperature);
    expect(chiSquare(after, second)).toBeLessThan(CHI_SQUARE_LIMIT);
    // The same counts against a neighbouring distribution are far off: the limit means something.
    expect(chiSquare(after, probabilities([...PROMPT, likeliest], 2 * temperature))).toBeGreaterThan(
      CHI_SQUARE_LIMIT,
    );
    samples.forEach(({ ids, logProbs }) => {
      expect(Math.abs(Math.exp(logProbs[0] ?? NaN) - (first[ids[0] ?? -1] ?? NaN))).toBeLessThan(1e-4);
    });
  });
});

/** Σ (observed - expected)² / expected; tokens expected fewer than five times are counted together. */
function chiSquare(drawn: readonly number[], probabilities: readonly number[]): number {
  const cells = probabilities.map((p, id) => ({
    expected: p * drawn.length,
    observed: drawn.filter((token) => token === id).length,
  }));
  const rare = cells.filter(({ expected }) => expected < 5);
  const together = {
    expected: rare.reduce((sum, cell) => sum + cell.expected, 0),
    observed: rare.reduce((sum, cell) => sum + cell.observed, 0),
  };
  return [...cells.filter(({ expected }) => expected >= 5), together]
    .filter(({ expected }) => expected > 0)
    .reduce((sum, { observed, expected }) => sum + (observed - expected) ** 2 / expected, 0);
}
