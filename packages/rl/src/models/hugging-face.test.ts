import * as tf from '@tensorflow/tfjs-core';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { targetLogProbs } from '../engine/ops.ts';
import { useEngine } from '../engine/use-engine.ts';
import { sampleCompletions } from '../sampling/sample.ts';
import { parityEngines } from '../testing/test-engines.ts';
import { Tokenizer } from '../tokenizers/tokenizer.ts';
import { CausalLm } from './causal-lm.ts';

/** 0.8 million random weights and what transformers computes with them; not part of the repository. */
const PARITY = join(import.meta.dirname, '../../../../../shared/parity');
const TOLERANCE = 1e-4;

const ParityFile = z.object({
  cases: z.array(
    z.object({
      text: z.string(),
      input_ids: z.array(z.number()),
      logits_first8: z.array(z.array(z.number())),
      logsumexp: z.array(z.number()),
      next_token_logps: z.array(z.number()),
      greedy_16: z.array(z.number()),
    }),
  ),
});

const NAMES = ['tiny-gpt2', 'tiny-llama'] as const;
const settings = parityEngines.flatMap((engine) => NAMES.map((name) => ({ engine, name })));

describe.skipIf(!existsSync(PARITY)).each(settings)(
  '$name of transformers on $engine',
  ({ engine, name }) => {
    const { cases } = existsSync(PARITY)
      ? ParityFile.parse(JSON.parse(readFileSync(join(PARITY, `${name}.json`), 'utf8')))
      : { cases: [] };
    let model: CausalLm;
    let tokenizer: Tokenizer;

    beforeAll(async () => {
      expect((await useEngine({ prefer: engine })).name).toBe(engine);
      model = await CausalLm.fromFolder(join(PARITY, name));
      tokenizer = await Tokenizer.fromFolder(join(PARITY, name));
    });

    it('tokenizes each text to the same ids and back', () => {
      for (const { text, input_ids: ids } of cases) {
        expect(tokenizer.encode(text)).toEqual(ids);
        expect(tokenizer.decode(ids)).toBe(text);
      }
    });

    it('gives the same logits and next-token log-probabilities', () => {
      for (const { input_ids: ids, logits_first8: first8, logsumexp, next_token_logps: logProbs } of cases) {
        const T = ids.length;
        tf.tidy(() => {
          const hidden = model.hidden(tf.tensor2d([ids], [1, T], 'int32'), tf.ones<tf.Rank.R2>([1, T]));
          const logits = tf.reshape<tf.Rank.R2>(model.logits(hidden), [T, -1]);
          expectClose(tf.slice(logits, [0, 0], [T, 8]).dataSync(), first8.flat());
          expectClose(tf.logSumExp(logits, 1).dataSync(), logsumexp);
          const nextIds = tf.tensor1d(ids.slice(1), 'int32');
          expectClose(targetLogProbs(tf.slice(logits, [0, 0], [T - 1, -1]), nextIds).dataSync(), logProbs);
        });
      }
    });

    it('continues greedily with the same 16 tokens', async () => {
      const sampled = await sampleCompletions({
        model,
        promptIds: cases.map((c) => c.input_ids),
        maxNewTokens: 16,
        temperature: 0,
        seed: 1,
      });
      expect(sampled.map((s) => s.ids)).toEqual(cases.map((c) => c.greedy_16));
    });
  },
);

function expectClose(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => expect(Math.abs((actual[i] ?? NaN) - value)).toBeLessThanOrEqual(TOLERANCE));
}
