import { clockTime } from '../../../lib/time.ts';
import type { OutboxState } from './outbox.ts';

/** Always the truth: what waits and what failed comes before what was sent. */
export function receiptText(state: OutboxState): string {
  const failed = state.items.filter((item) => item.refusal !== undefined).length;
  const waiting = state.items.length - failed;
  const parts = [
    ...(failed > 0 ? [`failed ${failed}`] : []),
    ...(waiting > 0
      ? [state.blocked === 'sign-in' ? `waiting ${waiting}, sign in again` : `waiting ${waiting}`]
      : []),
  ];
  if (parts.length > 0) return parts.join(', ');
  return state.lastSentAt === null ? 'all sent' : `sent ${clockTime(new Date(state.lastSentAt))}`;
}
