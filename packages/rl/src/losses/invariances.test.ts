// What every loss keeps, whatever the numbers: checked on random inputs, on the engine.

import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { pairsOfRanks, weighPairs } from '../data/pairs.ts';
import { useEngine } from '../engine/use-engine.ts';
import { testEngine } from '../testing/test-engines.ts';
import { referencePairLoss } from '../reference/pair-loss.ts';
import { referencePolicyLoss, referenceValueLoss } from '../reference/ppo-losses.ts';
import { referencePlackettLuceLoss } from '../reference/ranking-loss.ts';
import {
  close,
  evaluate,
  expectNoGradientAt,
  expectSame,
  isFinite,
  type Graded,
  type Vector,
} from '../testing/evaluate-loss.ts';
import '../testing/to-be-all-close.ts';
import { pairLoss } from './pair-loss.ts';
import { ppoPolicyLoss, ppoValueLoss } from './ppo-losses.ts';
import { plackettLuceLoss } from './ranking-loss.ts';

beforeAll(() => useEngine({ prefer: testEngine }));

const RUNS = { numRuns: 40, seed: 1 };

/** What float32 holds, so that both sides see the same numbers. */
const number = (low: number, high: number) =>
  fc.float({ min: Math.fround(low), max: Math.fround(high), noNaN: true, noDefaultInfinity: true });
const vector = (length: number, low: number, high: number) =>
  fc.array(number(low, high), { minLength: length, maxLength: length });

/** Scores of one task with ranks, ties and gaps among them; at least one pair. */
const task = fc
  .integer({ min: 2, max: 6 })
  .chain((K) =>
    fc.record({
      scores: vector(K, -50, 50),
      ranks: fc.array(fc.option(fc.integer({ min: 1, max: K })), { minLength: K, maxLength: K }),
    }),
  )
  .filter(({ ranks }) => pairsOfRanks(ranks).length > 0);

const pairsOf = (ranks: readonly (number | null)[], ties: 'drop' | 'half' = 'drop', margin = 0) =>
  weighPairs([{ pairs: pairsOfRanks(ranks, ties), weight: 1, margin }]);

describe('the loss over ordered pairs', () => {
  const onEngine = (scores: Vector, pairs: ReturnType<typeof pairsOf>, centering = 0) =>
    evaluate(scores, (r) => pairLoss(r, pairs, centering));

  it('equals its float64 reference, value and gradient, up to scores of 50', () => {
    fc.assert(
      fc.property(task, fc.constantFrom('drop' as const, 'half' as const), ({ scores, ranks }, ties) => {
        const pairs = pairsOf(ranks, ties, 0.5);
        const got = onEngine(scores, pairs);
        expect(isFinite(got)).toBe(true);
        expectSame(got, referencePairLoss(scores, pairs));
      }),
      RUNS,
    );
  });

  it('does not see a shift of all scores, and its gradient adds up to 0', () => {
    fc.assert(
      fc.property(task, number(-20, 20), ({ scores, ranks }, shift) => {
        const shifted = scores.map((score) => Math.fround(score + shift));
        // The reference at the rounded scores: what rounding moved is not the loss's doing.
        expectSame(onEngine(shifted, pairsOf(ranks)), referencePairLoss(shifted, pairsOf(ranks)));
        const plain = referencePairLoss(scores, pairsOf(ranks));
        const exact = referencePairLoss(
          scores.map((score) => score + shift),
          pairsOf(ranks),
        );
        expect(exact.loss).toBeAllClose(plain.loss, { atol: 1e-9 });
        expect(onEngine(scores, pairsOf(ranks)).grad.reduce((sum, g) => sum + g, 0)).toBeAllClose(0, {
          atol: 1e-5,
        });
      }),
      RUNS,
    );
  });

  it('does not see the order in which outputs are listed', () => {
    fc.assert(
      fc.property(task, ({ scores, ranks }) => {
        const there = onEngine(scores, pairsOf(ranks));
        const back = onEngine([...scores].reverse(), pairsOf([...ranks].reverse()));
        expectSame({ ...back, grad: back.grad.reverse() }, there);
      }),
      RUNS,
    );
  });

  it('gives outputs that are not ranked no gradient, and is the same without them', () => {
    fc.assert(
      fc.property(task, ({ scores, ranks }) => {
        const { loss, grad } = onEngine(scores, pairsOf(ranks));
        ranks.forEach((rank, i) => {
          if (rank === null) expect(grad[i]).toBeAllClose(0, { atol: 0 });
        });
        const kept = ranks.flatMap((rank, i) => (rank === null ? [] : [scores[i] ?? NaN]));
        const without = onEngine(kept, pairsOf(ranks.filter((rank) => rank !== null)));
        expect(without.loss).toBeAllClose(loss, close);
      }),
      RUNS,
    );
  });

  it('of a batch is the weighted mean of the losses of its prompts alone', () => {
    fc.assert(
      fc.property(task, task, (one, other) => {
        const offset = one.scores.length;
        const [first, second] = [pairsOfRanks(one.ranks), pairsOfRanks(other.ranks)];
        const moved = second.map((pair) => ({
          ...pair,
          better: pair.better + offset,
          worse: pair.worse + offset,
        }));
        const together = weighPairs([
          { pairs: first, weight: 3, margin: 0 },
          { pairs: moved, weight: 1, margin: 0 },
        ]);
        const [a, b] = [
          onEngine(one.scores, pairsOf(one.ranks)),
          onEngine(other.scores, pairsOf(other.ranks)),
        ];
        const batch = onEngine([...one.scores, ...other.scores], together);
        expectSame(batch, {
          loss: 0.75 * a.loss + 0.25 * b.loss,
          grad: [...a.grad.map((g) => 0.75 * g), ...b.grad.map((g) => 0.25 * g)],
        });
      }),
      RUNS,
    );
  });
});

describe('the loss over a ranking', () => {
  it('equals its float64 reference, value and gradient, up to scores of 50', () => {
    const scores = fc.integer({ min: 2, max: 6 }).chain((K) => vector(K, -50, 50));
    fc.assert(
      fc.property(scores, fc.integer({ min: 1, max: 6 }), (r, topK) => {
        const got = evaluate(r, (x) => plackettLuceLoss(x, topK));
        expect(isFinite(got)).toBe(true);
        expectSame(got, referencePlackettLuceLoss(r, topK));
      }),
      RUNS,
    );
  });
});

/** Tokens of a rollout, and which of them count; at least one does. */
const rollout = fc
  .integer({ min: 1, max: 12 })
  .chain((N) =>
    fc.record({
      now: vector(N, -20, 0),
      moves: vector(N, -1, 1),
      weights: vector(N, -50, 50),
      mask: fc.array(fc.constantFrom(0, 1), { minLength: N, maxLength: N }),
    }),
  )
  .filter(({ mask }) => mask.includes(1));

const ones = (x: Vector) => x.map(() => 1);
const counted = (x: Vector, mask: Vector) => x.filter((_, t) => mask[t] === 1);

function policyOnEngine(now: Vector, old: Vector, advantages: Vector, mask: Vector): Graded {
  return evaluate(now, (x) =>
    ppoPolicyLoss({
      logProbs: x,
      oldLogProbs: tf.tensor1d([...old]),
      advantages: tf.tensor1d([...advantages]),
      mask: tf.tensor1d([...mask]),
      clipRange: 0.2,
    }),
  );
}

function valueOnEngine(values: Vector, old: Vector, returns: Vector, mask: Vector): Graded {
  return evaluate(values, (x) =>
    ppoValueLoss({
      values: x,
      oldValues: tf.tensor1d([...old]),
      returns: tf.tensor1d([...returns]),
      mask: tf.tensor1d([...mask]),
      clipRange: 0.2,
    }),
  );
}

/** Within rounding of the corner where two branches meet, float32 may take the other slope. */
const isOffCorner = (distance: number) => Math.abs(distance) > 1e-4;

/** Each with its float64 reference, and where a token is away from the corners of its clipping. */
const PPO_LOSSES = [
  {
    name: 'policy',
    onEngine: policyOnEngine,
    reference: referencePolicyLoss,
    isSmooth: (logProb: number, old: number) => {
      const ratio = Math.exp(logProb - old);
      return isOffCorner(ratio - 0.8) && isOffCorner(ratio - 1.2);
    },
  },
  {
    name: 'critic',
    onEngine: valueOnEngine,
    reference: referenceValueLoss,
    isSmooth: (value: number, old: number, target: number) => {
      const move = value - old;
      const clipped = old + Math.min(0.2, Math.max(-0.2, move));
      const corner = (clipped - target) ** 2 - (value - target) ** 2;
      return isOffCorner(Math.abs(move) - 0.2) && (Math.abs(move) < 0.2 || isOffCorner(corner / 10));
    },
  },
];

describe("PPO's losses", () => {
  const oldOf = ({ now, moves }: { now: Vector; moves: Vector }) =>
    now.map((x, t) => Math.fround(x + (moves[t] ?? 0)));

  it.each(PPO_LOSSES)(
    'of the $name equals its float64 reference over the tokens that count; others get exactly 0',
    ({ onEngine, reference, isSmooth }) => {
      fc.assert(
        fc.property(rollout, ({ now, moves, weights, mask }) => {
          const old = oldOf({ now, moves });
          fc.pre(now.every((x, t) => isSmooth(x, old[t] ?? 0, weights[t] ?? 0)));
          const got = onEngine(now, old, weights, mask);
          const [a, b, c] = [counted(now, mask), counted(old, mask), counted(weights, mask)];
          expectSame({ ...got, grad: counted(got.grad, mask) }, reference(a, b, c, 0.2));
          expectNoGradientAt(mask, got);
          // Padding is the same as not being there.
          expect(onEngine(a, b, c, ones(a)).loss).toBeAllClose(got.loss, close);
        }),
        RUNS,
      );
    },
  );

  it('do not see the order of the tokens', () => {
    fc.assert(
      fc.property(rollout, ({ now, moves, weights, mask }) => {
        const old = oldOf({ now, moves });
        const turn = (x: Vector) => [...x].reverse();
        for (const { onEngine } of PPO_LOSSES) {
          const there = onEngine(now, old, weights, mask);
          const back = onEngine(turn(now), turn(old), turn(weights), turn(mask));
          expectSame({ ...back, grad: back.grad.reverse() }, there);
        }
      }),
      RUNS,
    );
  });

  it('stay finite where the policy has left its old self by 80 nats and rewards are 50', () => {
    for (const advantage of [50, -50]) {
      for (const move of [80, -80]) {
        expect(isFinite(policyOnEngine([-1 + move], [-1], [advantage], [1]))).toBe(true);
        expect(isFinite(valueOnEngine([move], [0], [advantage], [1]))).toBe(true);
      }
    }
  });
});
