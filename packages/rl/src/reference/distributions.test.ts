import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { entropy, targetLogProbs } from '../engine/ops.ts';
import { useEngine } from '../engine/use-engine.ts';
import { testEngine } from '../testing/test-engines.ts';
import { formulas, trl } from '../testing/golden.ts';
import '../testing/to-be-all-close.ts';
import { entropyOf, logSoftmax } from './distributions.ts';

beforeAll(() => useEngine({ prefer: testEngine }));

const rows = trl.log_probs.logits.flat();
const labels = trl.log_probs.labels.flat();

describe('log-probabilities and entropy', () => {
  it('equal TRL in float64 and on the engine', () => {
    const expected = trl.log_probs.selective_log_softmax.flat();
    expect(rows.map((row, i) => logSoftmax(row)[labels[i] ?? 0] ?? NaN)).toBeAllClose(expected, {
      atol: 1e-12,
    });
    expect(rows.map(entropyOf)).toBeAllClose(trl.log_probs.entropy.flat(), { atol: 1e-12 });
    const logits = tf.tensor2d(rows);
    expect(targetLogProbs(logits, tf.tensor1d(labels, 'int32')).dataSync()).toBeAllClose(expected);
    expect(entropy(logits).dataSync()).toBeAllClose(trl.log_probs.entropy.flat());
  });

  it('are of the logits divided by the temperature', () => {
    const { logits, 'T0.7_tok0': warm, T1_tok0: plain } = formulas.temp_logprob;
    expect([logSoftmax(logits, 0.7)[0] ?? NaN, logSoftmax(logits)[0] ?? NaN]).toBeAllClose([warm, plain]);
    const expected = trl.log_probs['selective_log_softmax_temperature_0.7'].flat();
    expect(rows.map((row, i) => logSoftmax(row, 0.7)[labels[i] ?? 0] ?? NaN)).toBeAllClose(expected);
  });
});
