// A penalty for outputs that run too long; the advantages of groups are in returns/group-advantages.ts.

export { groupAdvantages, leaveOneOutAdvantages } from '../returns/group-advantages.ts';

/** 0 up to max - buffer tokens, then falling linearly to -1 at max (Yu et al. 2025, eq. 13). */
export function overlongPenalty(length: number, { max, buffer }: { max: number; buffer: number }): number {
  return Math.min(0, Math.max(-1, (max - buffer - length) / buffer));
}
