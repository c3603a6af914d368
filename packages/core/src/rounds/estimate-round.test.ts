import { RoundConfig, type StageSpecInput } from '@rankloop/contracts';
import { expect, test } from 'vitest';
import { estimateRound, lengthsOf, type MachineSpeed, type MeasuredPart } from './estimate-round.ts';
import { partsOf, type RoundPart, type RoundTexts } from './round-work.ts';

const SETUP = { engine: 'wasm 2', modelBytes: 1e6 };
const SPEED: MachineSpeed = {
  startSeconds: 2,
  commandSeconds: 0.5,
  drawTokenSeconds: 1e-3,
  learnTokenSeconds: 3e-4,
  promptTokens: 20,
  outputTokens: 30,
};
const configOf = (...stages: StageSpecInput[]) => RoundConfig.parse({ stages });
const reward = (epochs: number) => configOf({ recipe: 'reward', config: { epochs } });
const both = configOf({ recipe: 'reward' }, { recipe: 'ppo' });
const textsOf = (judgements: number): RoundTexts => {
  return { judgements, outputs: 4 * judgements, pairs: 6 * judgements, targets: 0 };
};

/** Of a machine on which a part takes `a` seconds and `b` for each token that is drawn, read or a third of learned. */
const secondsOf = ({ work }: RoundPart, { a = 0, b = 1e-4 } = {}) =>
  a + b * (work.draw + work.read + 3 * work.learn);
interface Past {
  a?: number;
  b?: number;
  setup?: typeof SETUP;
  judgements?: number;
  roundId?: string;
  speed?: MachineSpeed | null;
}
const past = (config: RoundConfig, of: Past = {}): MeasuredPart[] => {
  const { setup = SETUP, judgements = 100, roundId = 'one', speed = null } = of;
  const parts = partsOf(config, textsOf(judgements), lengthsOf(speed));
  return parts.map((one) => ({ ...one, ...setup, roundId, seconds: secondsOf(one, of) }));
};
const total = (parts: readonly MeasuredPart[]) => parts.reduce((sum, { seconds }) => sum + seconds, 0);
const estimate = (
  config: RoundConfig,
  measured: MeasuredPart[],
  { judgements = 100, speed = null }: { judgements?: number; speed?: MachineSpeed | null } = {},
) => estimateRound({ config, texts: textsOf(judgements), setup: SETUP, speed, measured });

test('nothing measured gives no estimate', () => {
  expect(estimate(reward(1), [])).toBeNull();
});

test('before the first round the measured speed of the machine gives one, and it says so', () => {
  const first = estimate(both, [], { speed: SPEED });
  expect(first).toMatchObject({ basis: 'speed', rounds: 0 });
  const twiceAsSlow = { ...SPEED, drawTokenSeconds: 2e-3, learnTokenSeconds: 6e-4 };
  const slow = estimate(both, [], { speed: twiceAsSlow });
  expect((slow?.seconds ?? 0) / (first?.seconds ?? 1)).toBeCloseTo(2, 0);
});

/** What the speed says of a part. */
const costOf = ({ work: { draw, learn, read, commands } }: RoundPart) =>
  0.5 * commands + 1e-3 * draw + 3e-4 * (learn + read / 3);
const against = (config: RoundConfig, roundId: string, seconds: (cost: number) => number) =>
  past(config, { speed: SPEED, roundId }).map((one) => ({ ...one, seconds: seconds(costOf(one)) }));

test('what other stages took against the measured speed puts right the one that never ran', () => {
  const measured = [1, 4].flatMap((epochs) => against(reward(epochs), `of ${epochs}`, (cost) => 2 * cost));
  const [plain, corrected] = [
    estimate(both, [], { speed: SPEED }),
    estimate(both, measured, { speed: SPEED }),
  ];
  expect(corrected).toMatchObject({ basis: 'speed', rounds: 2 });
  expect((corrected?.seconds ?? 0) / (plain?.seconds ?? 1)).toBeCloseTo(2, 1);
});

test('what one small round spent before its first token is not multiplied in a larger one', () => {
  const late = 6;
  const small = against(reward(1), 'small', (cost) => cost + (cost > 0 ? late : 0));
  const large = { judgements: 500, speed: SPEED };
  const plain = estimate(reward(4), [], large)?.seconds ?? 0;
  const found = estimate(reward(4), small, large)?.seconds ?? 0;
  expect(plain).toBeGreaterThan(4 * late);
  expect(found - plain).toBeGreaterThan(0);
  expect(found - plain).toBeLessThan(3 * late);
});

test('outputs that end by themselves are not taken to be as long as they may be', () => {
  const upTo = (maxNewTokens: number) =>
    RoundConfig.parse({ newTasks: 1000, sampling: { maxNewTokens }, stages: [{ recipe: 'dpo' }] });
  const secondsAt = (maxNewTokens: number, outputTokens: number) =>
    estimate(upTo(maxNewTokens), [], { speed: { ...SPEED, outputTokens } })?.seconds ?? 0;
  expect(secondsAt(200, 30)).toBe(secondsAt(40, 30));
  // Those that filled what they were given fill more too.
  expect(secondsAt(200, 48)).toBeGreaterThan(2 * secondsAt(40, 48));
});

test('a recipe that never ran here is guessed from the others, and the estimate says so', () => {
  const guess = estimate(both, past(reward(1)));
  expect(guess).toMatchObject({ seconds: Math.round(total(past(both))), basis: 'guess' });
});

test('the same round again takes what it took, and the estimate says from how many rounds it knows', () => {
  const parts = past(reward(3), { a: 2 });
  const seconds = Math.round(total(parts));
  expect(estimate(reward(3), parts)).toEqual({ seconds, basis: 'rounds', rounds: 1 });
  const twice = [...parts, ...past(reward(3), { a: 2, roundId: 'two' })];
  expect(estimate(reward(3), twice)).toEqual({ seconds, basis: 'rounds', rounds: 2 });
});

test('more passes and more judgements take longer, by as much as they add', () => {
  const measured = past(reward(1));
  const more = total(past(reward(5), { judgements: 400 }));
  const found = estimate(reward(5), measured, { judgements: 400 })?.seconds ?? 0;
  expect(Math.abs(found - more) / more).toBeLessThan(0.01);
  expect(more).toBeGreaterThan(2 * total(measured));
});

test('what every round spends whatever its size is found from rounds of two sizes', () => {
  const like = { a: 20 };
  const measured = [...past(reward(1), like), ...past(reward(4), like)];
  const large = total(past(reward(12), like));
  const found = estimate(reward(12), measured)?.seconds ?? 0;
  expect(Math.abs(found - large) / large).toBeLessThan(0.05);
});

test('noise that would make a small round cost less than nothing does not', () => {
  const [big, small] = [past(reward(20), { b: 1e-4 }), past(reward(10), { b: 2e-5 })];
  expect(estimate(reward(1), [...big, ...small])?.seconds).toBeGreaterThan(0);
});

test('another model or engine gives a guess that says so, and gives way to what was measured', () => {
  const twice = past(reward(3), { setup: { engine: 'wasm 2', modelBytes: 2e6 }, b: 1e-3 });
  const guess = estimate(reward(3), twice);
  expect(guess).toMatchObject({ seconds: Math.round(total(twice) / 2), basis: 'guess' });
  const own = past(reward(3), { b: 7e-4 });
  expect(estimate(reward(3), [...twice, ...own])).toMatchObject({
    seconds: Math.round(total(own)),
    basis: 'rounds',
  });
  const native = past(reward(3), { setup: { engine: 'native 2', modelBytes: 1e6 } });
  expect(estimate(reward(3), native)?.basis).toBe('guess');
});
