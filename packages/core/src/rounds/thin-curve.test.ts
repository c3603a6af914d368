import fc from 'fast-check';
import { expect, test } from 'vitest';
import { thinCurve } from './thin-curve.ts';

const curves = fc
  .array(fc.record({ gap: fc.integer({ min: 1, max: 9 }), value: fc.float({ noNaN: true }) }), {
    minLength: 1,
    maxLength: 400,
  })
  .map((points) => {
    let step = 0;
    return {
      steps: points.map(({ gap }) => (step += gap)),
      values: points.map(({ value }) => value),
    };
  });

test('a curve keeps its ends, its lowest and its highest value, and no more points than asked for', () => {
  fc.assert(
    fc.property(curves, fc.integer({ min: 4, max: 200 }), (curve, points) => {
      const thin = thinCurve(curve, points);
      expect(thin.steps.length).toBeLessThanOrEqual(points);
      expect([thin.steps[0], thin.steps.at(-1)]).toEqual([curve.steps[0], curve.steps.at(-1)]);
      expect([Math.min(...thin.values), Math.max(...thin.values)]).toEqual([
        Math.min(...curve.values),
        Math.max(...curve.values),
      ]);
    }),
  );
});

test('every point that is left was there, in order', () => {
  fc.assert(
    fc.property(curves, fc.integer({ min: 4, max: 200 }), (curve, points) => {
      const valueAt = new Map(curve.steps.map((step, i) => [step, curve.values[i]]));
      const thin = thinCurve(curve, points);
      expect(thin.steps).toEqual([...new Set(thin.steps)].sort((a, b) => a - b));
      expect(thin.values).toEqual(thin.steps.map((step) => valueAt.get(step)));
    }),
  );
});

test('a curve that is short enough stays as it is', () => {
  const curve = { steps: [1, 2, 3, 9], values: [4, 4, 4, 4] };
  expect(thinCurve(curve, 4)).toBe(curve);
});
