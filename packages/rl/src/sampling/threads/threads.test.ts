import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../engine/random.ts';
import { useEngine } from '../../engine/use-engine.ts';
import { CausalLm } from '../../models/causal-lm.ts';
import { Decoder } from '../decoder.ts';
import { weightValuesOf } from '../decoder-weights.ts';
import type { DecodingSource } from '../decoding.ts';
import { sampleCompletions, type SampleOptions } from '../sample.ts';
import { crewReady, endCrew, onThreadTrouble, takeHelpers, type Helper } from './crew.ts';
import { ThreadedDecoding } from './threaded-decoding.ts';

const ROWS = 7;
const VOCABULARY = 48;

let helpers: Helper[] = [];

beforeAll(async () => {
  await useEngine({ prefer: 'wasm' });
  await crewReady();
  helpers = takeHelpers();
});

afterAll(async () => {
  await endCrew();
});

function smallModel(): CausalLm {
  return CausalLm.random(
    {
      modelType: 'gpt2',
      nLayer: 2,
      nHead: 2,
      nEmbd: 32,
      nPositions: 40,
      vocabSize: VOCABULARY,
      layerNormEpsilon: 1e-5,
    },
    1,
  );
}

/** Prompts of different lengths, two of them equal; some rows end early. */
function draw(model: CausalLm, further: Partial<SampleOptions>) {
  const random = new Random(2);
  const promptIds = Array.from({ length: ROWS }, (_, row) =>
    Array.from({ length: row === 6 ? 3 : 3 + row }, () => random.below(VOCABULARY - 1) + 1),
  );
  promptIds[6] = promptIds[0] ?? [];
  return sampleCompletions({
    model,
    promptIds,
    maxNewTokens: 24,
    temperature: 1.2,
    seed: 5,
    eosTokenId: 0,
    ...further,
  });
}

const alone = (model: CausalLm): DecodingSource => ({
  open: ({ rows, promptTokens, newTokens }) =>
    new Decoder(weightValuesOf(model), rows, promptTokens + newTokens),
});
/** With every helper, but without giving them back: the next batch is theirs again. */
const together = (model: CausalLm): DecodingSource => ({
  open: (size) => new ThreadedDecoding(weightValuesOf(model), size, helpers.slice(0, ROWS - 1)),
});

/** As sampling itself does: with helpers while there are any. */
const togetherWhileTrusted = (model: CausalLm, patienceMs?: number): DecodingSource => ({
  open: (size) => {
    if (helpers.length === 0) return alone(model).open(size);
    const used = helpers.slice(0, ROWS - 1);
    helpers = [];
    return new ThreadedDecoding(weightValuesOf(model), size, used, patienceMs);
  },
});

describe.skipIf(availableParallelism() === 1)('decoding on several threads', () => {
  it('draws what one thread draws, bit for bit', async () => {
    const model = smallModel();
    expect(helpers.length).toBeGreaterThan(0);
    const one = await draw(model, { decoder: alone(model) });
    const lengths = one.map(({ ids }) => ids.length);
    // Else it would not be shown that rows can end on either side.
    expect(Math.min(...lengths)).toBeLessThan(24);
    expect(await draw(model, { decoder: together(model) })).toEqual(one);
    // Weights are read anew for each batch.
    const other = CausalLm.random(model.config, 9);
    expect(await draw(other, { decoder: together(other) })).toEqual(
      await draw(other, { decoder: alone(other) }),
    );
    model.dispose();
    other.dispose();
  });

  it('goes on after a batch that was cancelled', async () => {
    const model = smallModel();
    const stop = new AbortController();
    const cancelled = draw(model, {
      decoder: together(model),
      signal: stop.signal,
      onProgress: ({ tokens }) => {
        if (tokens > 3 * ROWS) stop.abort(new Error('enough'));
      },
    });
    await expect(cancelled).rejects.toThrow('enough');
    expect(await draw(model, { decoder: together(model) })).toEqual(
      await draw(model, { decoder: alone(model) }),
    );
    model.dispose();
  });

  it('is left for one thread when a helper has ended', async () => {
    const model = smallModel();
    const expected = await draw(model, { decoder: alone(model) });
    await Promise.all(helpers.map(({ worker }) => worker.terminate()));
    const told: string[] = [];
    onThreadTrouble((sentence) => told.push(sentence));
    expect(await draw(model, { decoder: togetherWhileTrusted(model) })).toEqual(expected);
    expect(told).toEqual([expect.stringContaining('it has ended. The same outputs are drawn by one thread')]);
    // It was the last one, and is not told again.
    expect(takeHelpers()).toEqual([]);
    expect(await draw(model, {})).toEqual(expected);
    expect(told).toHaveLength(1);
    model.dispose();
  });

  it('is left for one thread when a helper dies in the middle, and draws the same', async () => {
    await endCrew();
    await crewReady();
    helpers = takeHelpers();
    const [first] = helpers;
    const model = smallModel();
    const expected = await draw(model, { decoder: alone(model) });
    const told: string[] = [];
    onThreadTrouble((sentence) => told.push(sentence));
    const done: number[] = [];
    const drawn = await draw(model, {
      decoder: togetherWhileTrusted(model, 200),
      onProgress: ({ completions }) => {
        if (done.length === 3) void first?.worker.terminate();
        done.push(completions);
      },
    });
    expect(drawn).toEqual(expected);
    expect(told).toEqual([expect.stringContaining('it gave no answer for 0.2 seconds.')]);
    // Rows that were drawn twice are counted once.
    expect(done.at(-1)).toBe(ROWS);
    model.dispose();
  });
});
