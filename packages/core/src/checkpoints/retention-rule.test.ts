import { RetentionSettings } from '@rankloop/contracts';
import { expect, test } from 'vitest';
import { reasonsToKeep, type KeptFacts } from './retention-rule.ts';

const NOTHING_ELSE = RetentionSettings.parse({ keepLast: 1, keepBest: 0, keepPromoted: false });

const made = (id: string, facts: Partial<KeptFacts> = {}): KeptFacts => ({
  id,
  kind: 'policy',
  isCurrent: false,
  wasPromoted: false,
  isFromOutside: false,
  isOfCurrentRound: false,
  isInActiveRound: false,
  figure: null,
  ...facts,
});
const kept = (checkpoints: KeptFacts[], settings: Partial<RetentionSettings> = {}) =>
  [...reasonsToKeep(checkpoints, { ...NOTHING_ELSE, ...settings })].flatMap(([id, reasons]) =>
    reasons.length > 0 ? [id] : [],
  );

test('the newest of each kind are kept, and nothing else without a reason', () => {
  const rows = [
    made('p3'),
    made('r2', { kind: 'reward' }),
    made('p2'),
    made('r1', { kind: 'reward' }),
    made('p1'),
  ];
  expect(kept(rows)).toEqual(['p3', 'r2']);
  expect(kept(rows, { keepLast: 2 })).toEqual(['p3', 'r2', 'p2', 'r1']);
});

test.each<keyof KeptFacts>(['isCurrent', 'isFromOutside', 'isOfCurrentRound', 'isInActiveRound'])(
  'whatever the settings say, one that %s is kept',
  (fact) => {
    expect(kept([made('new'), made('old', { [fact]: true }), made('older')])).toEqual(['new', 'old']);
  },
);

test('those that were in use once are kept where the settings say so', () => {
  const rows = [made('new'), made('old', { wasPromoted: true })];
  expect(kept(rows)).toEqual(['new']);
  expect(kept(rows, { keepPromoted: true })).toEqual(['new', 'old']);
});

test('the best of each kind are kept by their figure; of equals the newer, and none that was not measured', () => {
  const rows = [
    made('new'),
    made('equal', { figure: 0.7 }),
    made('as good', { figure: 0.7 }),
    made('worse', { figure: 0.6 }),
    made('unknown'),
    made('reward', { kind: 'reward', figure: 0.1 }),
    made('old reward', { kind: 'reward', figure: 0.2 }),
  ];
  expect(kept(rows, { keepBest: 1 })).toEqual(['new', 'equal', 'reward', 'old reward']);
  expect(kept(rows, { keepBest: 3 })).toEqual(['new', 'equal', 'as good', 'worse', 'reward', 'old reward']);
});

test('each is told every reason it has', () => {
  const reasons = reasonsToKeep([made('one', { isCurrent: true, wasPromoted: true, figure: 1 })], {
    isOn: false,
    keepPromoted: true,
    keepLast: 1,
    keepBest: 1,
  });
  expect(reasons.get('one')).toEqual(['in-use', 'promoted', 'last', 'best']);
});
