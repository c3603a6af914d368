import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { targetLogProbs } from '../engine/ops.ts';
import { useEngine } from '../engine/use-engine.ts';
import { testEngine } from '../testing/test-engines.ts';
import { CausalLm } from '../models/causal-lm.ts';
import { sampleCompletions, textBeforeStop, type SampleOptions } from './sample.ts';

const CONFIG = {
  modelType: 'gpt2',
  vocabSize: 37,
  nPositions: 32,
  nEmbd: 24,
  nLayer: 2,
  nHead: 3,
  layerNormEpsilon: 1e-5,
} as const;
const PROMPTS = [[1, 2, 3], [7], [30, 4, 9, 9, 12, 5], [1, 2, 3], [36, 0]];

let model: CausalLm;
let options: SampleOptions;

beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  model = CausalLm.random(CONFIG, 11);
  // Larger weights, so that the distributions are far from uniform.
  for (const variable of model.params.values()) variable.assign(tf.tidy(() => tf.mul(variable, 4)));
  options = {
    model,
    promptIds: PROMPTS,
    maxNewTokens: 12,
    temperature: 0.8,
    topK: null,
    topP: null,
    seed: 3,
  };
});

describe('sampling with cached keys and values', () => {
  it("records the log-probabilities that the model's full forward gives", async () => {
    const samples = await sampleCompletions(options);
    samples.forEach(({ ids, rawLogProbs }, row) => {
      const prompt = PROMPTS[row] ?? [];
      const sequence = [...prompt, ...ids];
      const expected = tf.tidy(() => {
        const T = sequence.length;
        const logits = model.logits(model.hidden(tf.tensor2d([sequence], [1, T], 'int32'), tf.ones([1, T])));
        const rows = tf.slice(
          tf.reshape<tf.Rank.R2>(logits, [T, 37]),
          [prompt.length - 1, 0],
          [ids.length, 37],
        );
        return targetLogProbs(rows, tf.tensor1d(ids, 'int32'));
      });
      [...expected.dataSync()].forEach((value, i) => expect(rawLogProbs[i]).toBeCloseTo(value, 4));
      expected.dispose();
    });
  });

  it('gives a row the same tokens and numbers alone, in a batch and in small batches', async () => {
    const together = await sampleCompletions({ ...options, seed: [1, 2, 3, 4, 5] });
    const inPairs = await sampleCompletions({ ...options, seed: [1, 2, 3, 4, 5], batchSize: 2 });
    expect(inPairs).toEqual(together);
    for (const [row, prompt] of PROMPTS.entries()) {
      const alone = await sampleCompletions({ ...options, promptIds: [prompt], seed: [row + 1] });
      expect(alone).toEqual([together[row]]);
    }
  });

  it('repeats itself with the same seed and differs with another', async () => {
    const first = await sampleCompletions(options);
    expect(await sampleCompletions(options)).toEqual(first);
    expect(await sampleCompletions({ ...options, seed: 4 })).not.toEqual(first);
  });

  it('gives equal prompts different completions under one seed', async () => {
    const samples = await sampleCompletions(options);
    expect(samples[0]?.ids).not.toEqual(samples[3]?.ids);
  });

  it('ends a completion with the end token, and only there', async () => {
    const samples = await sampleCompletions({ ...options, maxNewTokens: 20, eosTokenId: 5 });
    const ended = samples.filter((sample) => sample.finished === 'eos');
    expect(ended.length).toBeGreaterThan(0);
    for (const { ids, finished, logProbs } of samples) {
      expect(ids.indexOf(5)).toBe(finished === 'eos' ? ids.length - 1 : -1);
      expect(ids).toHaveLength(finished === 'eos' ? ids.indexOf(5) + 1 : 20);
      expect(logProbs).toHaveLength(ids.length);
    }
  });

  it('says the certain choice has probability 1, whatever the model thinks of it', async () => {
    for (const certain of [{ temperature: 0 }, { topK: 1 }, { topP: 1e-6 }]) {
      const samples = await sampleCompletions({ ...options, ...certain });
      expect(samples.every((sample) => sample.logProbs.every((logProb) => logProb === 0))).toBe(true);
      expect(samples.some((sample) => sample.rawLogProbs.some((logProb) => logProb < -0.01))).toBe(true);
    }
  });

  it('counts every token and completion for the progress display', async () => {
    const seen: { tokens: number; completions: number; total: number }[] = [];
    const samples = await sampleCompletions({
      ...options,
      onProgress: (done) => seen.push(done),
      batchSize: 3,
    });
    expect(seen.at(-1)).toEqual({
      tokens: samples.flatMap((sample) => sample.ids).length,
      completions: PROMPTS.length,
      total: PROMPTS.length,
    });
    expect(seen.map((done) => done.tokens)).toEqual(
      seen.map((done) => done.tokens).toSorted((a, b) => a - b),
    );
  });

  it('stops when cancelled, with the reason of the signal', async () => {
    const controller = new AbortController();
    const reason = new Error('cancelled by the test');
    const sampling = sampleCompletions({
      ...options,
      signal: controller.signal,
      onProgress: ({ tokens }) => {
        if (tokens > 10) controller.abort(reason);
      },
    });
    await expect(sampling).rejects.toBe(reason);
  });

  it('ends a completion where its text holds a stop sequence, across tokens', async () => {
    const decode = (ids: readonly number[]): string => ids.map((id) => `<${id}>`).join('');
    const free = await sampleCompletions(options);
    const texts = free.map(({ ids }) => decode(ids));
    // Ends one token early in the middle of a token's text, so that two tokens complete it.
    const stop = decode(free[0]?.ids.slice(3, 5) ?? []).slice(1, -1);
    const stopped = await sampleCompletions({ ...options, stop: { texts: ['never', stop], decode } });
    expect(stopped[0]?.finished).toBe('stop');
    stopped.forEach(({ ids, finished, logProbs }, row) => {
      const text = decode(ids);
      expect(free[row]?.ids.slice(0, ids.length)).toEqual(ids);
      expect(logProbs).toHaveLength(ids.length);
      expect(text.includes(stop)).toBe(finished === 'stop');
      if (finished === 'stop') expect(decode(ids.slice(0, -1)).includes(stop)).toBe(false);
      else expect(text).toBe(texts[row]);
      expect(textBeforeStop(text, [stop])).not.toContain(stop);
    });
  });

  it('draws less often what it penalises for having been there', async () => {
    const distinct = async (repetitionPenalty: number): Promise<number> => {
      const samples = await sampleCompletions({ ...options, temperature: 0, repetitionPenalty });
      return samples.reduce((sum, { ids }) => sum + new Set(ids).size, 0);
    };
    const free = await distinct(1);
    expect(await distinct(1000)).toBe(PROMPTS.length * 12);
    expect(free).toBeLessThan(PROMPTS.length * 12);
  });

  it('ends with any of the end tokens that the model names', async () => {
    const samples = await sampleCompletions(options);
    const further = samples[0]?.ids[2] ?? 0;
    const { model } = options;
    const several = new CausalLm(
      { ...model.config, eosTokenId: 0, furtherEosTokenIds: [further] },
      model.hostTensors(),
    );
    const ended = await sampleCompletions({ ...options, model: several, eosTokenId: 0 });
    expect(ended[0]?.finished).toBe('eos');
    expect(ended[0]?.ids.at(-1)).toBe(further);
    several.dispose();
  });

  it('leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    await sampleCompletions(options);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([
    [{ promptIds: [[]] }, 'Prompt 0 is empty'],
    [{ promptIds: [[1], [37]] }, 'Prompt 1 holds the token 37'],
    [{ maxNewTokens: 27 }, "exceeds the model's 32 positions"],
    [{ maxNewTokens: 0 }, 'maxNewTokens'],
    [{ temperature: Number.NaN }, 'temperature'],
    [{ topP: 0 }, 'topP'],
    [{ topK: 0 }, 'topK'],
    [{ repetitionPenalty: 0 }, 'repetitionPenalty'],
    [{ stop: { texts: [''], decode: String } }, 'stop sequence'],
    [{ seed: [1] }, 'no seed for row 1'],
  ])('refuses %j', async (wrong, message) => {
    await expect(sampleCompletions({ ...options, ...wrong })).rejects.toThrow(message);
  });
});
