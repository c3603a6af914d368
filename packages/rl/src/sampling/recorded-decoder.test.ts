import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { nativeBackend } from '../engine/graph/addon.ts';
import { floats } from '../engine/host-array.ts';
import { Program } from '../engine/program.ts';
import { assign } from '../engine/update.ts';
import { useEngine } from '../engine/use-engine.ts';
import { CausalLm, type CausalLmConfig } from '../models/causal-lm.ts';
import { testEngines } from '../testing/test-engines.ts';
import '../testing/to-be-all-close.ts';
import { decoderInSession, RecordedDecoder } from './recorded-decoder.ts';
import { sampleCompletions, type SampledIds, type SampleOptions } from './sample.ts';

const SIZES = { vocabSize: 37, nPositions: 32, nEmbd: 24, nLayer: 2 } as const;
const gpt2: CausalLmConfig = { ...SIZES, modelType: 'gpt2', nHead: 3, layerNormEpsilon: 1e-5 };
/** Two query heads to a head of keys, an unembedding of its own. */
const qwen2: CausalLmConfig = {
  ...SIZES,
  modelType: 'qwen2',
  nHead: 4,
  nKeyValueHeads: 2,
  headDim: 6,
  nInner: 40,
  rmsNormEpsilon: 1e-5,
  rope: { theta: 10_000, scaling: null },
  isTied: false,
  hasQkvBias: true,
  hasOutputBias: false,
  hasMlpBias: false,
};
const PROMPTS = [[1, 2, 3], [7], [30, 4, 9, 9, 12, 5], [1, 2, 3], [36, 0]];

/** Weights large enough that the distributions are far from uniform. */
function sharpModel(config: CausalLmConfig): CausalLm {
  const model = CausalLm.random(config, 11);
  tf.tidy(() => {
    for (const variable of model.params.values()) variable.assign(tf.mul(variable, 4));
  });
  return model;
}

function optionsFor(model: CausalLm): SampleOptions {
  return { model, promptIds: PROMPTS, maxNewTokens: 12, temperature: 0.8, seed: 3, eosTokenId: 5 };
}

/** A program of the model's weights that decodes, for as long as `work` takes. */
async function withDecoder<Result>(
  model: CausalLm,
  mode: 'auto' | 'eager',
  work: (decoder: RecordedDecoder, program: Program) => Promise<Result>,
): Promise<Result> {
  const program = new Program({ state: Object.fromEntries(model.params), mode });
  const decoder = new RecordedDecoder(model, program);
  try {
    return await work(decoder, program);
  } finally {
    decoder.dispose();
    program.dispose();
  }
}

const tokensOf = (samples: readonly SampledIds[]) => samples.map(({ ids, finished }) => ({ ids, finished }));

describe.each(testEngines)('decoding in a program on %s', (engine) => {
  beforeAll(async () => {
    await useEngine({ prefer: engine });
  });

  describe.each([
    ['GPT-2', gpt2],
    ['Qwen2', qwen2],
  ])('%s', (_name, config) => {
    it('draws what decoding without a program draws for the same seed', async () => {
      const model = sharpModel(config);
      const options = optionsFor(model);
      const expected = await sampleCompletions(options);
      for (const mode of ['auto', 'eager'] as const) {
        const samples = await withDecoder(model, mode, (decoder) =>
          sampleCompletions({ ...options, decoder }),
        );
        expect(tokensOf(samples), mode).toEqual(tokensOf(expected));
        expect(samples.flatMap((one) => one.rawLogProbs)).toBeAllClose(
          expected.flatMap((one) => one.rawLogProbs),
          { atol: 1e-4 },
        );
      }
      model.dispose();
    });
  });

  it('draws from the weights as the last training step left them', async () => {
    const model = sharpModel(gpt2);
    const options = optionsFor(model);
    const samples = await withDecoder(model, 'auto', async (decoder, program) => {
      const train = program.step('train', (_, { by }: { by: tf.Tensor1D }) => ({
        outputs: {},
        updates: [...model.params.values()].map((param) => assign(param, tf.mul(param, tf.sum(by)))),
      }));
      const before = await sampleCompletions({ ...options, decoder });
      train.run({ by: floats([1.5]) });
      return { before, after: await sampleCompletions({ ...options, decoder }) };
    });
    expect(tokensOf(samples.after)).not.toEqual(tokensOf(samples.before));
    expect(tokensOf(samples.after)).toEqual(tokensOf(await sampleCompletions(options)));
    model.dispose();
  });

  it('forgets a batch: the next one, of other prompts, is as it would be alone', async () => {
    const model = sharpModel(gpt2);
    const options = optionsFor(model);
    const others = { ...options, promptIds: [[8, 8], [9, 1, 1, 20, 3], [4]], seed: 9 };
    const expected = await sampleCompletions(others);
    const samples = await withDecoder(model, 'auto', async (decoder) => {
      await sampleCompletions({ ...options, decoder });
      return sampleCompletions({ ...others, decoder });
    });
    expect(tokensOf(samples)).toEqual(tokensOf(expected));
    model.dispose();
  });

  it('goes by way of a session only where there is one and the model is large enough', () => {
    const large = CausalLm.random({ ...gpt2, nEmbd: 192, nLayer: 4 }, 1);
    const small = CausalLm.random(gpt2, 1);
    for (const [model, isWorthIt] of [
      [large, true],
      [small, false],
    ] as const) {
      const program = new Program({ state: Object.fromEntries(model.params) });
      expect(decoderInSession(model, program) !== undefined).toBe(isWorthIt && program.isRecorded);
      program.dispose();
      model.dispose();
    }
  });

  it('leaves no tensor behind', async () => {
    const model = sharpModel(gpt2);
    const handles = () => nativeBackend()?.binding.getNumOfTensors() ?? 0;
    const before = tf.memory().numTensors;
    let handlesBefore = 0;
    await withDecoder(model, 'auto', async (decoder) => {
      await sampleCompletions({ ...optionsFor(model), decoder });
      handlesBefore = handles();
      await sampleCompletions({ ...optionsFor(model), decoder });
      expect(handles()).toBe(handlesBefore);
    });
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});
