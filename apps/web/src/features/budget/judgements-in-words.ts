import type { BudgetView } from '@rankloop/contracts';
import { count, counted } from '../../lib/format.ts';

/** What there is to learn from, and why that may be less than a round freezes. */
export function judgementsInWords({
  judgements,
  useful,
  prompts,
}: Pick<BudgetView, 'judgements' | 'useful' | 'prompts'>): string {
  const said = `${counted(judgements, 'judgement')} so far`;
  const about = counted(prompts, 'prompt');
  if (useful === judgements) return `${said}, of ${about}.`;
  const silent = judgements - useful;
  return `${said}. ${count(useful)} of them, of ${about}, can be learned from; ${count(silent)} ${silent === 1 ? 'was' : 'were'} skipped or could not be ranked.`;
}
