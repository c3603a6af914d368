import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../engine/random.ts';
import { useEngine } from '../engine/use-engine.ts';
import { referencePolicyGradientLoss } from '../reference/policy-gradient-loss.ts';
import { finiteDifferences } from '../testing/finite-differences.ts';
import { trl } from '../testing/golden.ts';
import { testEngines } from '../testing/test-engines.ts';
import '../testing/to-be-all-close.ts';
import { grpoCases, unpadded } from '../testing/trl-policy-gradient.ts';
import { policyGradientLoss, tokenWeights, type PolicyGradientObjective } from './policy-gradient-loss.ts';
import { ppoPolicyLoss } from './ppo-losses.ts';

type Rows = number[][];

interface Case {
  readonly now: Rows;
  readonly old: Rows;
  readonly ref: Rows;
  readonly advantages: Rows;
  readonly weights: Rows;
  readonly klCoefficient: number;
}

/** On the engine, with `padding` more tokens that mean nothing and as many more outputs. */
function evaluate(input: Case, objective: PolicyGradientObjective, padding = 0) {
  const junk = Array.from({ length: padding }, (_, i) => 70 + i);
  const flat = (rows: Rows) => tf.tensor1d([...rows.flat(), ...junk]);
  const N = input.now.flat().length + padding;
  const B = input.now.length + padding;
  let offset = 0;
  const members = input.now.map(({ length }) => {
    const row = Array.from({ length: N }, (_, n) => (n >= offset && n < offset + length ? 1 : 0));
    offset += length;
    return row;
  });
  const empty = Array.from({ length: padding }, () => new Array<number>(N).fill(0));
  const scales = input.now.map(({ length }) => (objective.ratio === 'sequence-mean' ? 1 / length : 1));
  const { value, grad } = tf.valueAndGrad((x) =>
    policyGradientLoss(
      {
        logProbs: tf.reshape(x, [N]),
        oldLogProbs: flat(input.old),
        refLogProbs: flat(input.ref),
        advantages: flat(input.advantages),
        weights: tf.tensor1d([...input.weights.flat(), ...junk.map(() => 0)]),
        klCoefficient: tf.tensor1d([input.klCoefficient]),
        members: tf.tensor2d([...members, ...empty], [B, N]),
        outputScales: tf.tensor1d([...scales, ...junk]),
      },
      objective,
    ),
  )(tf.tensor1d([...input.now.flat(), ...junk]));
  return { loss: value.dataSync()[0] ?? NaN, grad: Array.from(grad.dataSync()) };
}

function reference({ now, old, ...input }: Case, objective: PolicyGradientObjective) {
  const { ref: refLogProbs, ...more } = input;
  return referencePolicyGradientLoss({ ...more, refLogProbs, logProbs: now, oldLogProbs: old }, objective);
}

function randomCase(seed: number, spread = 0.3): Case {
  const random = new Random(seed);
  const lengths = Array.from({ length: 4 }, () => 1 + random.below(5));
  const rows = (of: () => number) => lengths.map((length) => Array.from({ length }, of));
  const old = rows(() => -2 * random.uniform());
  return {
    old,
    now: old.map((row) => row.map((value) => value + spread * random.normal())),
    ref: old.map((row) => row.map((value) => value + spread * random.normal())),
    advantages: rows(() => random.normal()),
    weights: tokenWeights(lengths, { aggregation: 'outputs', maxTokens: 5, outputWeights: [1, 2, 0.5, 1] }),
    klCoefficient: 0.3,
  };
}

const objectives = (['clipped', 'unclipped', 'clip-only'] as const).flatMap((surrogate) =>
  (['token', 'sequence', 'sequence-mean'] as const).flatMap((ratio) =>
    ([null, 'k2', 'k3'] as const).map((klInLoss): PolicyGradientObjective => ({
      surrogate,
      ratio,
      klInLoss,
      clipRange: 0.2,
      clipRangeHigh: 0.28,
    })),
  ),
);
const nameOf = ({ surrogate, ratio, klInLoss }: PolicyGradientObjective) =>
  `${surrogate}, ratio of ${ratio}, ${klInLoss ?? 'no KL'}`;
const named = objectives.map((objective) => [nameOf(objective), objective] as const);

describe('the float64 reference', () => {
  it.each(named)('has the gradient that finite differences give: %s', (_, objective) => {
    for (let seed = 1; seed <= 5; seed++) {
      const input = randomCase(seed);
      const { grad } = reference(input, objective);
      const rowsOf = (flat: readonly number[]) => {
        let offset = 0;
        return input.now.map(({ length }) => flat.slice(offset, (offset += length)));
      };
      const lossAt = (flat: number[]) => reference({ ...input, now: rowsOf(flat) }, objective).loss;
      expect(grad).toBeAllClose(finiteDifferences(lossAt, input.now.flat()), { atol: 1e-8, rtol: 1e-6 });
    }
  });
});

describe.each(testEngines)('on %s', (engine) => {
  beforeAll(() => useEngine({ prefer: engine }));

  it('the loss and its gradient equal the reference for every objective', () => {
    for (const objective of objectives) {
      const input = randomCase(7);
      const [got, expected] = [evaluate(input, objective), reference(input, objective)];
      expect(got.loss, nameOf(objective)).toBeAllClose(expected.loss, { atol: 2e-5, rtol: 1e-4 });
      expect(got.grad, nameOf(objective)).toBeAllClose(expected.grad, { atol: 2e-5, rtol: 1e-4 });
    }
  });

  it("has TRL's values and gradients of GRPO", () => {
    const golden = trl.grpo_loss;
    const rows = (of: Rows) => unpadded(of, golden.completion_mask);
    const [now, ref] = [rows(golden.per_token_logps), rows(golden.ref_per_token_logps)];
    const advantages = now.map((row, b) => row.map(() => golden.advantages[b] ?? NaN));
    for (const { objective, expected, ...input } of grpoCases(golden)) {
      const { loss, grad } = evaluate({ ...input, now, ref, advantages }, objective);
      expect(loss).toBeAllClose(expected.loss, { atol: 1e-6, rtol: 1e-4 });
      expect(grad).toBeAllClose(rows(expected.grad_new_logps).flat(), { atol: 1e-6, rtol: 1e-4 });
    }
  });

  it("has TRL's values and gradients of RLOO", () => {
    const golden = trl.rloo;
    const rows = (of: Rows) => unpadded(of, golden.completion_mask);
    const now = rows(golden.per_token_logps);
    const input = {
      now,
      old: rows(golden.old_per_token_logps),
      ref: rows(golden.ref_per_token_logps),
      advantages: now.map((row, b) => row.map(() => golden.advantages_for_loss[b] ?? NaN)),
      weights: tokenWeights(
        now.map(({ length }) => length),
        { aggregation: 'outputs', maxTokens: 1 },
      ),
      klCoefficient: 0,
    };
    for (const { epsilon, loss, grad_new_logps: expected } of golden.loss_cases) {
      const clip = { clipRange: epsilon, clipRangeHigh: epsilon };
      const got = evaluate(input, { surrogate: 'clipped', ratio: 'sequence', klInLoss: null, ...clip });
      expect(got.loss).toBeAllClose(loss, { atol: 1e-6, rtol: 1e-4 });
      expect(got.grad).toBeAllClose(rows(expected).flat(), { atol: 1e-6, rtol: 1e-4 });
    }
  });
});

describe('every surrogate', () => {
  beforeAll(() => useEngine({ prefer: 'wasm' }));

  it.each(named)('ignores padding, whatever it holds, and gives it no gradient: %s', (_, objective) => {
    const input = randomCase(3);
    const [bare, padded] = [evaluate(input, objective), evaluate(input, objective, 3)];
    expect(padded.loss).toBeAllClose(bare.loss, { atol: 1e-6 });
    expect(padded.grad).toBeAllClose([...bare.grad, 0, 0, 0], { atol: 1e-6 });
  });

  it.each(named)('stays finite at any log-probabilities: %s', (_, objective) => {
    for (const spread of [50, 500]) {
      const { loss, grad } = evaluate(randomCase(4, spread), objective);
      expect([loss, ...grad].every(Number.isFinite)).toBe(true);
    }
  });

  it('counts an output the same whatever it is batched with, by its share of the batch', () => {
    const input = randomCase(5);
    const order = [2, 0, 3, 1];
    const permuted = (rows: Rows) => order.map((b) => rows[b] ?? []);
    const turned = {
      ...input,
      now: permuted(input.now),
      old: permuted(input.old),
      ref: permuted(input.ref),
      advantages: permuted(input.advantages),
      weights: permuted(input.weights),
    };
    for (const objective of objectives)
      expect(evaluate(turned, objective).loss).toBeAllClose(evaluate(input, objective).loss, { atol: 1e-6 });
  });

  it('clipped, by token and averaged over tokens, is the loss of PPO', () => {
    const input = randomCase(6);
    const lengths = input.now.map(({ length }) => length);
    const weights = tokenWeights(lengths, { aggregation: 'tokens', maxTokens: 5 });
    const clip = { clipRange: 0.2, clipRangeHigh: 0.2 };
    const { loss, grad } = evaluate(
      { ...input, weights },
      { surrogate: 'clipped', ratio: 'token', klInLoss: null, ...clip },
    );
    const flat = (rows: Rows) => tf.tensor1d(rows.flat());
    const ppo = tf.valueAndGrad((x) =>
      ppoPolicyLoss({
        logProbs: tf.reshape(x, [-1]),
        oldLogProbs: flat(input.old),
        advantages: flat(input.advantages),
        mask: tf.onesLike(flat(input.old)),
        clipRange: 0.2,
      }),
    )(flat(input.now));
    expect(loss).toBeAllClose(ppo.value.dataSync(), { atol: 1e-6 });
    expect(grad).toBeAllClose(ppo.grad.dataSync(), { atol: 1e-6 });
  });

  it('takes the same first step, where the policy has not moved', () => {
    const input = { ...randomCase(8, 0), klCoefficient: 0 };
    const advantages = input.now.map((row, b) => row.map(() => b - 1.5));
    for (const ratio of ['token', 'sequence'] as const) {
      const gradients = (['clipped', 'unclipped', 'clip-only'] as const).map(
        (surrogate) =>
          evaluate(
            { ...input, advantages },
            { surrogate, ratio, clipRange: 0.2, clipRangeHigh: 0.2, klInLoss: null },
          ).grad,
      );
      expect(gradients[1]).toBeAllClose(gradients[0] ?? [], { atol: 1e-6 });
      expect(gradients[2]).toBeAllClose(gradients[0] ?? [], { atol: 1e-6 });
    }
  });

  it('leaves no tensor behind', () => {
    const objective = objectives[0];
    if (objective === undefined) throw new Error('an objective');
    const before = tf.memory().numTensors;
    tf.tidy(() => evaluate(randomCase(9), objective));
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('the weights of tokens', () => {
  it('add up to 1 over outputs and over tokens, and to the mean length over the longest for a constant', () => {
    const total = (aggregation: 'outputs' | 'tokens' | 'constant') =>
      tokenWeights([1, 3, 4], { aggregation, maxTokens: 8, outputWeights: [1, 2, 1] })
        .flat()
        .reduce((sum, weight) => sum + weight, 0);
    expect(total('outputs')).toBeAllClose(1, { atol: 1e-12 });
    expect(total('tokens')).toBeAllClose(1, { atol: 1e-12 });
    expect(total('constant')).toBeAllClose((1 + 6 + 4) / (8 * 4), { atol: 1e-12 });
  });
});
