import type { AutoRoundTrigger } from '@rankloop/contracts';

export interface AutoRoundFacts {
  trigger: AutoRoundTrigger;
  /** When the settings were last changed: schedules begin there. */
  changedAt: Date;
  /** When the last round was started, by whomever, however it ended. */
  lastRoundAt: Date | null;
  /** Since the newest snapshot that a round learned from. */
  newJudgements: number;
  triedAt: Date | null;
  now: Date;
}

/** A start that was refused, or died on its way, is not tried again before this. */
export const RETRY_MS = 600_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Whether a project's own rule asks for a round now. A schedule starts one only when something was judged since the last
 * one: the same data would give the same round.
 */
export function isAutoRoundDue(facts: AutoRoundFacts): boolean {
  const { trigger, newJudgements, triedAt, now } = facts;
  if (trigger.when === 'never' || newJudgements === 0) return false;
  if (triedAt !== null && now.getTime() - triedAt.getTime() < RETRY_MS) return false;
  if (trigger.when === 'judgements') return newJudgements >= trigger.count;
  const next = nextScheduledAt(facts);
  return next !== null && next <= now;
}

/** When the schedule wants the next round: in the past when it is due; null without a schedule. */
export function nextScheduledAt(
  facts: Pick<AutoRoundFacts, 'trigger' | 'changedAt' | 'lastRoundAt'>,
): Date | null {
  const { trigger, changedAt, lastRoundAt } = facts;
  const since = Math.max(changedAt.getTime(), lastRoundAt?.getTime() ?? 0);
  if (trigger.when === 'hours') return new Date(since + trigger.hours * HOUR_MS);
  if (trigger.when !== 'daily') return null;
  const [hours = 0, minutes = 0] = trigger.at.split(':').map(Number);
  const sameDay = new Date(since).setUTCHours(hours, minutes, 0, 0);
  return new Date(sameDay > since ? sameDay : sameDay + DAY_MS);
}
