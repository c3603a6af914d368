// Where a round could be lost or doubled if the process died, stood still or met a full disk just there.

export const FAULT_POINTS = [
  'row written',
  'before enqueue',
  'after enqueue',
  'claim',
  'snapshot',
  'mid reward epoch',
  'temporary write',
  'before rename',
  'after rename',
  'before the commit',
  'after the commit',
  'mid PPO',
  'before promotion',
  'after promotion',
  "before the queue's ack",
] as const;
export type FaultPoint = (typeof FAULT_POINTS)[number];

declare global {
  /** Put there by a program that is loaded before the product, as the crash benchmark does with `node --import`. */
  var rankloopFaultPoint: ((point: FaultPoint) => void) | undefined;
}

/**
 * Says that the process has come here. Does nothing in the product: no setting, variable or request can put a function
 * in the way, only code that runs in this process already.
 *
 * @throws what the function in the way throws, such as a full disk
 */
export function passFaultPoint(point: FaultPoint): void {
  globalThis.rankloopFaultPoint?.(point);
}
