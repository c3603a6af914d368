import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../engine/random.ts';
import { chooseToken, type ChoiceOptions } from './choose-token.ts';

const LOGITS = Float32Array.of(1, 3, -2, 2.5, 0, 2);
const ALL: ChoiceOptions = { temperature: 1, topK: null, topP: null, repetitionPenalty: 1 };

function frequencies(options: ChoiceOptions, draws = 20_000): number[] {
  const random = new Random(1);
  const counts = new Array<number>(LOGITS.length).fill(0);
  for (let i = 0; i < draws; i++) {
    const { id } = chooseToken(LOGITS, options, random);
    counts[id] = (counts[id] ?? 0) + 1;
  }
  return counts.map((count) => count / draws);
}

/** softmax of the kept logits at a temperature. */
function expected(temperature: number, kept: readonly number[]): number[] {
  const weights = [...LOGITS].map((z, id) => (kept.includes(id) ? Math.exp(z / temperature) : 0));
  const total = weights.reduce((sum, w) => sum + w, 0);
  return weights.map((w) => w / total);
}

describe('the choice of a token', () => {
  it.each([
    [ALL, expected(1, [0, 1, 2, 3, 4, 5])],
    [{ ...ALL, temperature: 2 }, expected(2, [0, 1, 2, 3, 4, 5])],
    [{ ...ALL, topK: 2 }, expected(1, [1, 3])],
    // Probabilities of 1, 3, 5: 0.46, 0.28, 0.17: the third is needed to reach 0.8.
    [{ ...ALL, topP: 0.8 }, expected(1, [1, 3, 5])],
    [{ ...ALL, topK: 3, topP: 0.7 }, expected(1, [1, 3])],
  ])('draws with %j as often as the filtered softmax says', (options, probabilities) => {
    frequencies(options).forEach((frequency, id) => {
      const p = probabilities[id] ?? 0;
      // Four standard errors.
      expect(Math.abs(frequency - p)).toBeLessThanOrEqual(4 * Math.sqrt((p * (1 - p)) / 20_000));
    });
  });

  it('keeps the smaller ids of equally likely tokens at the edge of top-p', () => {
    const random = new Random(1);
    const equal = new Float32Array(4);
    const drawn = Array.from({ length: 200 }, () => chooseToken(equal, { ...ALL, topP: 0.5 }, random).id);
    expect(new Set(drawn)).toEqual(new Set([0, 1]));
  });

  it('reports the log-probability of the filtered distribution and of the raw one', () => {
    const random = new Random(2);
    for (let i = 0; i < 50; i++) {
      const choice = chooseToken(LOGITS, { ...ALL, temperature: 0.7, topK: 3 }, random);
      expect(choice.logProb).toBeCloseTo(Math.log(expected(0.7, [1, 3, 5])[choice.id] ?? 0), 6);
      expect(choice.rawLogProb).toBeCloseTo(Math.log(expected(1, [0, 1, 2, 3, 4, 5])[choice.id] ?? 0), 6);
    }
  });

  it('never gives a token that was filtered out, for any logits', () => {
    const logits = fc.array(fc.float({ min: -30, max: 30, noNaN: true }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(logits, fc.integer({ min: 1, max: 20 }), fc.integer(), (values, topK, seed) => {
        const row = Float32Array.from(values);
        const { id, logProb } = chooseToken(row, { ...ALL, topK }, new Random(seed));
        // Closer than 1e-6, two weights may be one number.
        const rank = [...row].filter((z) => z > (row[id] ?? 0) + 1e-6).length;
        expect(rank).toBeLessThan(topK);
        expect(logProb).toBeLessThanOrEqual(0);
      }),
    );
  });

  it('penalises what was seen, however often, before anything else, and only where it draws', () => {
    const options = { ...ALL, temperature: 0, repetitionPenalty: 2 };
    const random = new Random(1);
    expect(chooseToken(LOGITS, options, random, []).id).toBe(1);
    // 3 / 2 and 2.5 / 2 fall behind 2.
    const choice = chooseToken(LOGITS, options, random, [1, 3, 3, 1]);
    expect(choice.id).toBe(5);
    expect(choice.rawLogProb).toBeCloseTo(Math.log(expected(1, [0, 1, 2, 3, 4, 5])[5] ?? 0), 6);
    // A negative logit goes down too: -2 · 2.
    const [weights, drawn] = [[1, 3, -4, 2.5, 0, 2].map(Math.exp), new Set<number>()];
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (let i = 0; i < 300; i++) {
      const { id, logProb } = chooseToken(LOGITS, { ...options, temperature: 1 }, random, [2]);
      drawn.add(id);
      expect(logProb).toBeCloseTo(Math.log((weights[id] ?? 0) / total), 5);
    }
    expect(drawn.size).toBeGreaterThan(3);
  });

  it('refuses logits that are not numbers', () => {
    expect(() => chooseToken(Float32Array.of(NaN, 1), ALL, new Random(1))).toThrow('not finite');
    expect(() => chooseToken(Float32Array.of(1, NaN), ALL, new Random(1))).toThrow('not finite');
    expect(() => chooseToken(Float32Array.of(1, Infinity), ALL, new Random(1))).toThrow('not finite');
  });
});
