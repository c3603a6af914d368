// Greedy continuations of transformers, from decoding in a program: on native TensorFlow that is the session that large
// models decode in. causal-lm.test.ts and hugging-face.test.ts hold decoding in memory of its own to the same tokens.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Program } from '../engine/program.ts';
import { useEngine } from '../engine/use-engine.ts';
import { CausalLm } from '../models/causal-lm.ts';
import { parityEngines } from '../testing/test-engines.ts';
import { RecordedDecoder } from './recorded-decoder.ts';
import { sampleCompletions, type SampleOptions } from './sample.ts';

const FIXTURES = join(import.meta.dirname, '../models/fixtures');
/** 0.8 million random weights; not part of the repository. */
const PARITY = join(import.meta.dirname, '../../../../../shared/parity');

const Case = z.object({
  input_ids: z.array(z.number()),
  greedy_8: z.array(z.number()).optional(),
  greedy_16: z.array(z.number()).optional(),
});
const ExpectedFile = z.object({ cases: z.array(Case) });

const SMALL = ['small-gpt2', 'small-llama3', 'small-qwen2'].map((name) => ({
  name,
  folder: join(FIXTURES, name),
  expected: join(FIXTURES, name, 'expected.json'),
}));
const TINY = ['tiny-gpt2', 'tiny-llama'].map((name) => ({
  name,
  folder: join(PARITY, name),
  expected: join(PARITY, `${name}.json`),
}));

/** Samples by way of a program's steps; `work` may sample several times. */
async function inProgram<Result>(
  model: CausalLm,
  work: (decoder: RecordedDecoder, isRecorded: boolean) => Promise<Result>,
): Promise<Result> {
  const program = new Program({ state: Object.fromEntries(model.params) });
  const decoder = new RecordedDecoder(model, program);
  try {
    return await work(decoder, program.isRecorded);
  } finally {
    decoder.dispose();
    program.dispose();
  }
}

describe.each(parityEngines)('decoding in a program on %s', (engine) => {
  beforeAll(() => useEngine({ prefer: engine }));

  it.each([...SMALL, ...TINY.filter(({ expected }) => existsSync(expected))])(
    'continues greedily with the tokens of transformers, prompts of several lengths together: $name',
    async ({ folder, expected }) => {
      const { cases } = ExpectedFile.parse(JSON.parse(readFileSync(expected, 'utf8')));
      const wanted = cases.map((one) => one.greedy_8 ?? one.greedy_16 ?? []);
      // Else no row would be padded.
      expect(new Set(cases.map((one) => one.input_ids.length)).size).toBeGreaterThan(1);
      const model = await CausalLm.fromFolder(folder);
      await inProgram(model, async (decoder, isRecorded) => {
        expect(isRecorded).toBe(engine !== 'wasm');
        const samples = await sampleCompletions({
          model,
          decoder,
          promptIds: cases.map((one) => one.input_ids),
          maxNewTokens: wanted[0]?.length ?? 0,
          temperature: 0,
          seed: 1,
        });
        expect(samples.map(({ ids }) => ids)).toEqual(wanted);
      });
      model.dispose();
    },
  );

  it('stops between two tokens when cancelled, and draws the next batch as if nothing had been', async () => {
    const model = await CausalLm.fromFolder(join(FIXTURES, 'small-gpt2'));
    const options: SampleOptions = {
      model,
      promptIds: [[1, 2, 3], [7], [5, 5]],
      maxNewTokens: 12,
      temperature: 1,
      seed: 3,
    };
    await inProgram(model, async (decoder) => {
      const undisturbed = await sampleCompletions({ ...options, decoder });
      const [controller, reason] = [new AbortController(), new Error('enough')];
      let heard = 0;
      const cancelled = sampleCompletions({
        ...options,
        decoder,
        seed: 4,
        signal: controller.signal,
        onTokens: (_row, ids) => {
          heard += 1;
          if (ids.length === 4) controller.abort(reason);
        },
      });
      await expect(cancelled).rejects.toBe(reason);
      // The tokens came one by one, and none after the one in which it was cancelled.
      expect(heard).toBe(4 * options.promptIds.length);
      expect(await sampleCompletions({ ...options, decoder })).toEqual(undisturbed);
    });
    model.dispose();
  });
});
