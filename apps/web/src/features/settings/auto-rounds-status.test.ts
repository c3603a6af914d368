import type { AutoRoundTrigger } from '@rankloop/contracts';
import { expect, it } from 'vitest';
import { statusInWords } from './auto-rounds-status.ts';

const now = new Date('2026-03-03T12:00:00Z');
const status = (nextAt: string | null, newJudgements: number, trigger: AutoRoundTrigger) =>
  statusInWords({ settings: { trigger }, nextAt, newJudgements, note: null }, now);
const daily = { when: 'daily', at: '03:30' } as const;

it('names the time of a round that is to come', () => {
  expect(status('2026-03-04T03:30:00.000Z', 2, daily)).toContain('due 2026-03-04 03:30 UTC');
});

it('names no time that has passed, but what the round waits for', () => {
  const passed = '2026-03-03T03:30:00.000Z';
  expect(status(passed, 0, daily)).toBe(
    '0 new judgements since the last round. The next is due and starts with the first new judgement.',
  );
  expect(status(passed, 5, daily)).toContain('as soon as no other round is at work');
});

it('promises nothing where no rule is set', () => {
  expect(status(null, 1, { when: 'never' })).toBe('1 new judgement since the last round.');
});
