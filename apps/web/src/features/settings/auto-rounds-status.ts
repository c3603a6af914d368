import type { AutoRoundState } from '@rankloop/contracts';
import { counted } from '../../lib/format.ts';

type Status = Pick<AutoRoundState, 'newJudgements' | 'nextAt' | 'note'> & {
  settings: Pick<AutoRoundState['settings'], 'trigger'>;
};

/** What the rule waits for. */
export function statusInWords({ settings, newJudgements, nextAt, note }: Status, now: Date): string {
  const came = `${counted(newJudgements, 'new judgement')} since the last round.`;
  if (settings.trigger.when === 'never') return came;
  const next = nextAt === null ? '' : ` ${nextInWords(new Date(nextAt), newJudgements, now)}`;
  const refused = note === null ? '' : ` The last try started nothing: ${note}`;
  return `${came}${next}${refused}`;
}

function nextInWords(next: Date, newJudgements: number, now: Date): string {
  if (next > now) return `The next is due ${next.toISOString().slice(0, 16).replace('T', ' ')} UTC.`;
  if (newJudgements === 0) return 'The next is due and starts with the first new judgement.';
  return 'The next is due and starts as soon as no other round is at work.';
}
