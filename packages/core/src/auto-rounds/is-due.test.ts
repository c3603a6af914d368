import type { AutoRoundTrigger } from '@rankloop/contracts';
import { describe, expect, it } from 'vitest';
import { isAutoRoundDue, nextScheduledAt, type AutoRoundFacts } from './is-due.ts';

const at = (time: string) => new Date(`2026-03-${time}:00Z`);
const facts = (trigger: AutoRoundTrigger, more: Partial<AutoRoundFacts> = {}): AutoRoundFacts => ({
  trigger,
  changedAt: at('01T00:00'),
  lastRoundAt: at('02T10:00'),
  newJudgements: 40,
  triedAt: null,
  now: at('03T12:00'),
  ...more,
});

describe('a round by itself', () => {
  it('never starts where nobody asked for it', () => {
    expect(isAutoRoundDue(facts({ when: 'never' }))).toBe(false);
  });

  it('starts with the n-th new judgement, not before', () => {
    expect(isAutoRoundDue(facts({ when: 'judgements', count: 40 }))).toBe(true);
    expect(isAutoRoundDue(facts({ when: 'judgements', count: 41 }))).toBe(false);
  });

  it('starts so many hours after the last round', () => {
    expect(isAutoRoundDue(facts({ when: 'hours', hours: 26 }))).toBe(true);
    expect(isAutoRoundDue(facts({ when: 'hours', hours: 27 }))).toBe(false);
  });

  it('starts at its time of day, once', () => {
    const daily = { when: 'daily', at: '03:30' } as const;
    expect(isAutoRoundDue(facts(daily))).toBe(true);
    expect(isAutoRoundDue(facts(daily, { lastRoundAt: at('03T03:31') }))).toBe(false);
    expect(nextScheduledAt(facts(daily, { lastRoundAt: at('03T03:31') }))).toEqual(at('04T03:30'));
    expect(nextScheduledAt(facts(daily, { lastRoundAt: at('03T03:29') }))).toEqual(at('03T03:30'));
  });

  it('counts a schedule from when it was set, also before the first round', () => {
    const fresh = { lastRoundAt: null, changedAt: at('03T11:00') };
    expect(isAutoRoundDue(facts({ when: 'hours', hours: 1 }, fresh))).toBe(true);
    expect(isAutoRoundDue(facts({ when: 'hours', hours: 2 }, fresh))).toBe(false);
  });

  it('waits for something new to learn from', () => {
    expect(isAutoRoundDue(facts({ when: 'hours', hours: 1 }, { newJudgements: 0 }))).toBe(false);
  });

  it('rests after a try that started nothing', () => {
    const trigger = { when: 'judgements', count: 1 } as const;
    expect(isAutoRoundDue(facts(trigger, { triedAt: at('03T11:55') }))).toBe(false);
    expect(isAutoRoundDue(facts(trigger, { triedAt: at('03T11:50') }))).toBe(true);
  });
});
