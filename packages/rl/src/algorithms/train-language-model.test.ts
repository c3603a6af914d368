import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../engine/use-engine.ts';
import { CausalLm } from '../models/causal-lm.ts';
import { sampleCompletions } from '../sampling/sample.ts';
import { Tokenizer } from '../tokenizers/tokenizer.ts';
import { evaluateLanguageModel, trainLanguageModel } from './train-language-model.ts';

/** Each letter is a token; "." ends a text. */
const letters = ['.', 'a', 'b', 'c', 'd', ':'];
const tokenizer = new Tokenizer({
  version: '1.0',
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
  post_processor: null,
  decoder: { type: 'ByteLevel' },
  model: { type: 'BPE', vocab: Object.fromEntries(letters.map((letter, id) => [letter, id])), merges: [] },
});
const examples = [
  { prompt: 'a:', completion: 'bcd' },
  { prompt: 'b:', completion: 'dd' },
  { prompt: 'c:', completion: 'abab' },
];
const settings = {
  tokenizer,
  examples,
  batchSize: 3,
  learningRate: 0.01,
  warmupSteps: 2,
  weightDecay: 0,
  maxGradNorm: 1,
  seed: 1,
};

function tinyModel(): CausalLm {
  const sizes = { vocabSize: letters.length, nPositions: 16, nEmbd: 16, nLayer: 1, nHead: 2 };
  return CausalLm.random({ modelType: 'gpt2', layerNormEpsilon: 1e-5, eosTokenId: 0, ...sizes }, 1);
}

beforeAll(() => useEngine());

describe('training a language model', () => {
  it('learns the completions of its prompts, and where they end', async () => {
    const model = tinyModel();
    await trainLanguageModel({ ...settings, model, steps: 80 });
    const samples = await sampleCompletions({
      model,
      promptIds: examples.map(({ prompt }) => tokenizer.encode(prompt)),
      maxNewTokens: 8,
      temperature: 0,
      seed: 1,
      eosTokenId: 0,
    });
    expect(samples.map(({ ids }) => tokenizer.decode(ids))).toEqual(['bcd.', 'dd.', 'abab.']);
    model.dispose();
  });

  it('counts completion tokens only: an untrained model loses log V on each', () => {
    const model = tinyModel();
    const loss = evaluateLanguageModel({ ...settings, model });
    expect(Math.abs(loss - Math.log(letters.length))).toBeLessThan(0.05);
    model.dispose();
  });

  it('learns also where there is only one step', async () => {
    const model = tinyModel();
    const before = evaluateLanguageModel({ ...settings, model });
    await trainLanguageModel({ ...settings, warmupSteps: 0, model, steps: 1 });
    expect(evaluateLanguageModel({ ...settings, model })).toBeLessThan(before);
    model.dispose();
  });

  it('leaves no tensor behind', async () => {
    const model = tinyModel();
    await trainLanguageModel({ ...settings, model, steps: 1 });
    const before = tf.memory().numTensors;
    await trainLanguageModel({ ...settings, model, steps: 3 });
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('stops at the next step when cancelled', async () => {
    const model = tinyModel();
    const controller = new AbortController();
    const training = trainLanguageModel({
      ...settings,
      model,
      steps: 1_000,
      signal: controller.signal,
      onMetrics: (step) => {
        if (step === 2) controller.abort(new Error('cancelled by hand'));
      },
    });
    await expect(training).rejects.toThrow('cancelled by hand');
    model.dispose();
  });

  it('refuses a text that does not fit the model', async () => {
    const model = tinyModel();
    const long = [{ prompt: 'a:', completion: 'b'.repeat(20) }];
    await expect(trainLanguageModel({ ...settings, model, examples: long, steps: 1 })).rejects.toThrow(
      'Text 0 has 23 tokens',
    );
    model.dispose();
  });
});
