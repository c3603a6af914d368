import { RoundConfig, type StageSpecInput } from '@rankloop/contracts';
import { expect, test } from 'vitest';
import { estimateRound, partsOf, type MeasuredPart } from './estimate-round.ts';

const SETUP = { engine: 'wasm 2', modelBytes: 1e6 };
const configOf = (...stages: StageSpecInput[]) => RoundConfig.parse({ stages });
const reward = (epochs: number) => configOf({ recipe: 'reward', config: { epochs } });
/** A round of 100 judgements as a machine would take it whose parts cost `a` seconds and `b` for a unit of work. */
const past = (
  config: RoundConfig,
  { a = 0, b = 1e-5, setup = SETUP, judgements = 100 } = {},
): MeasuredPart[] =>
  partsOf(config, judgements).map((one) => ({ ...one, ...setup, seconds: a + b * one.work }));
const secondsOf = (config: RoundConfig, measured: MeasuredPart[], judgements = 100) =>
  estimateRound({ config, judgements, setup: SETUP, measured });
const total = (parts: readonly MeasuredPart[]) => parts.reduce((sum, { seconds }) => sum + seconds, 0);

test('nothing measured gives no estimate', () => {
  expect(secondsOf(reward(1), [])).toBeNull();
});

test('a recipe that never ran here is guessed from the others, and the estimate says so', () => {
  const both = configOf({ recipe: 'reward' }, { recipe: 'ppo' });
  const like = { b: 1e-4 };
  const guess = secondsOf(both, past(reward(1), like));
  expect(guess).toEqual({ seconds: Math.round(total(past(both, like))), isMeasured: false });
});

test('the same round again takes what it took', () => {
  const parts = past(reward(3), { a: 2 });
  expect(secondsOf(reward(3), parts)).toEqual({ seconds: Math.round(total(parts)), isMeasured: true });
});

test('more passes and more judgements take longer, by as much as they add', () => {
  const measured = past(reward(1), { b: 1e-3 });
  const more = total(past(reward(5), { b: 1e-3, judgements: 400 }));
  expect(secondsOf(reward(5), measured, 400)?.seconds).toBeCloseTo(more, -1);
  expect(more).toBeGreaterThan(2 * total(measured));
});

test('what every round spends whatever its size is found from rounds of two sizes', () => {
  const like = { a: 20, b: 1e-4 };
  const measured = [...past(reward(1), like), ...past(reward(4), like)];
  const large = total(past(reward(12), like));
  const estimate = secondsOf(reward(12), measured)?.seconds ?? 0;
  expect(Math.abs(estimate - large) / large).toBeLessThan(0.05);
});

test('noise that would make a small round cost less than nothing does not', () => {
  const [big, small] = [past(reward(20), { b: 1e-4 }), past(reward(10), { b: 2e-5 })];
  expect(secondsOf(reward(1), [...big, ...small])?.seconds).toBeGreaterThan(0);
});

test('another model or engine gives a guess that says so, and gives way to what was measured', () => {
  const twice = past(reward(3), { setup: { engine: 'wasm 2', modelBytes: 2e6 }, b: 1e-3 });
  const guess = secondsOf(reward(3), twice);
  expect(guess).toEqual({ seconds: Math.round(total(twice) / 2), isMeasured: false });
  const own = past(reward(3), { b: 7e-4 });
  expect(secondsOf(reward(3), [...twice, ...own])).toEqual({
    seconds: Math.round(total(own)),
    isMeasured: true,
  });
  const native = past(reward(3), { setup: { engine: 'native 2', modelBytes: 1e6 } });
  expect(secondsOf(reward(3), native)?.isMeasured).toBe(false);
});
