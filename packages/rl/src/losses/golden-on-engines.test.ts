// Worked values and TRL's own, on every engine and as a round computes them: in a step of a program, which native
// TensorFlow records.

import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { floats } from '../engine/host-array.ts';
import { entropy, targetLogProbs } from '../engine/ops.ts';
import { Program, type Step } from '../engine/program.ts';
import { useEngine } from '../engine/use-engine.ts';
import { entropyOf, logSoftmax } from '../reference/distributions.ts';
import { finiteDifferences } from '../testing/finite-differences.ts';
import { formulas, trl } from '../testing/golden.ts';
import { LOSS_CASES } from '../testing/loss-cases.ts';
import { testEngines } from '../testing/test-engines.ts';
import '../testing/to-be-all-close.ts';

/** float32 against float64. */
const close = { atol: 1e-6, rtol: 1e-4 };

type ValuesOf = (at: tf.Tensor1D) => tf.Tensor;
type Evaluation = Step<{ at: tf.Tensor1D }, { values: tf.Tensor; grad: tf.Tensor }>;

/** Values of a function of a vector and the gradient of their sum, as a step. */
function evaluationOf(program: Program, name: string, valuesOf: ValuesOf): Evaluation {
  return program.step(name, (_state, { at }: { at: tf.Tensor1D }) => {
    const grad = tf.grad((x: tf.Tensor) => tf.sum(valuesOf(tf.reshape(x, [at.size]))))(at);
    return { outputs: { values: valuesOf(at), grad } };
  });
}

function evaluate(at: readonly number[], valuesOf: ValuesOf) {
  const program = new Program({ state: {} });
  const { values, grad } = evaluationOf(program, 'evaluate', valuesOf).run({ at: floats(at) });
  program.dispose();
  return { values: Array.from(values.values), grad: Array.from(grad.values) };
}

/** [N, V] of each case of TRL, and where the softmax is as good as certain. */
const LOGITS = [...trl.log_probs.logits.flat(), [100, -100, 0, 99, -50], [-100, -100, -100, 100, -99]];
const TARGETS = [...trl.log_probs.labels.flat(), 1, 4];
const V = 5;

describe.each(testEngines)('on %s', (engine) => {
  beforeAll(async () => {
    expect((await useEngine({ prefer: engine })).name).toBe(engine);
  });

  describe.each(Object.entries(LOSS_CASES))('%s: known values and gradients', (_, cases) => {
    let program: Program;
    let evaluations: readonly Evaluation[];
    beforeAll(() => {
      program = new Program({ state: {} });
      // Else it would not be shown of what rounds run.
      expect(program.isRecorded).toBe(engine === 'native' || engine === 'gpu');
      evaluations = cases.map(({ lossOf }, i) => evaluationOf(program, `case_${i}`, lossOf));
      // Prepared together, all of them share one session.
      cases.forEach(({ at }, i) => evaluations[i]?.prepare({ at: floats(at) }));
    });
    afterAll(() => {
      program.dispose();
    });

    it.each(cases.map((one, i) => [one.name, one, i] as const))('%s', (_name, one, i) => {
      const got = evaluations[i]?.run({ at: floats(one.at) });
      expect(got?.values.values).toBeAllClose([one.loss], close);
      const offCorner = (grad: ArrayLike<number>) =>
        Array.from(grad).filter((_g, n) => one.corners?.[n] !== 1);
      expect(offCorner(got?.grad.values ?? [])).toBeAllClose(offCorner(one.grad), close);
      expect(one.mask?.filter((m, n) => m === 0 && got?.grad.values[n] !== 0) ?? []).toEqual([]);
    });
  });

  const { selective_log_softmax: plain, 'selective_log_softmax_temperature_0.7': warm } = trl.log_probs;
  it.each([
    [1, plain.flat(), formulas.temp_logprob.T1_tok0],
    [0.7, warm.flat(), formulas.temp_logprob['T0.7_tok0']],
  ])(
    'log-probabilities at temperature %s are known ones, to logits of 100',
    (temperature, expected, first) => {
      const at = (rows: readonly (readonly number[])[], targets: readonly number[]) =>
        evaluate(rows.flat(), (x) => {
          const logits = tf.reshape<tf.Rank.R2>(x, [rows.length, -1]);
          return targetLogProbs(tf.div(logits, temperature), tf.tensor1d([...targets], 'int32'));
        });
      const reference = (flat: readonly number[]) =>
        TARGETS.map((id, n) => logSoftmax(flat.slice(n * V, (n + 1) * V), temperature)[id] ?? NaN);
      const got = at(LOGITS, TARGETS);
      expect(got.values.slice(0, expected.length)).toBeAllClose(expected, close);
      expect(got.values).toBeAllClose(reference(LOGITS.flat()), close);
      const sumAt = (flat: readonly number[]) => reference(flat).reduce((sum, lp) => sum + lp, 0);
      expect(got.grad).toBeAllClose(finiteDifferences(sumAt, LOGITS.flat()), close);
      expect(at([formulas.temp_logprob.logits], [0]).values).toBeAllClose([first], close);
    },
  );

  it('entropies are known ones, to logits of 100', () => {
    const got = evaluate(LOGITS.flat(), (x) => entropy(tf.reshape<tf.Rank.R2>(x, [LOGITS.length, V])));
    const expected = trl.log_probs.entropy.flat();
    expect(got.values.slice(0, expected.length)).toBeAllClose(expected, close);
    const reference = (flat: readonly number[]) =>
      LOGITS.map((_, n) => entropyOf(flat.slice(n * V, (n + 1) * V)));
    expect(got.values).toBeAllClose(reference(LOGITS.flat()), close);
    const sumAt = (flat: readonly number[]) => reference(flat).reduce((sum, h) => sum + h, 0);
    expect(got.grad).toBeAllClose(finiteDifferences(sumAt, LOGITS.flat()), { atol: 1e-5, rtol: 1e-4 });
  });
});
