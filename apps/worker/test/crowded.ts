import { availableParallelism, loadavg } from 'node:os';

/**
 * What a limit in seconds is here and now. Where several processes wait for each processor, seconds say little of ours:
 * the limit then only tells a late end from none.
 */
export function limitMs(ms: number): number {
  const isCrowded = (loadavg()[0] ?? 0) > 2 * availableParallelism();
  return isCrowded ? 10 * ms : ms;
}
