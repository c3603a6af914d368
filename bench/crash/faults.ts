import { FAULT_POINTS, type FaultPoint } from '@rankloop/contracts';

/** In the order in which they are tried: those that need the same workers come together. */
export const FAULTS = [
  'SIGTERM worker',
  'SIGKILL child',
  'disk full',
  'disk error',
  'queue tables emptied',
  'Postgres restart',
  'out of memory',
  'Redis emptied',
  'SIGKILL worker',
  'SIGSTOP worker',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface Cell {
  point: FaultPoint;
  fault: Fault;
}

/** Before it the training process has not begun, or after it has ended. */
const WITHOUT_CHILD: readonly FaultPoint[] = [
  'row written',
  'before enqueue',
  'after enqueue',
  'claim',
  "before the queue's ack",
];
/** In the training process, with work under way. */
export const IN_CHILD: readonly FaultPoint[] = ['mid reward epoch', 'temporary write', 'mid PPO'];
/** When the round has ended already. */
export const AFTER_THE_END: readonly FaultPoint[] = ['after promotion', "before the queue's ack"];
/** Something goes to the disk just there. */
const WRITES: readonly FaultPoint[] = ['temporary write', 'before rename', 'after rename'];

/** Why a fault cannot strike at a point; null where it can. */
export function whyImpossible({ point, fault }: Cell): string | null {
  switch (fault) {
    case 'SIGKILL child':
      return WITHOUT_CHILD.includes(point) ? 'No training process is there.' : null;
    case 'out of memory':
      if (WITHOUT_CHILD.includes(point)) return 'No training process is there.';
      return IN_CHILD.includes(point) ? null : 'The training process waits for its next command.';
    case 'disk full':
    case 'disk error':
      return WRITES.includes(point) ? null : 'Nothing is written to the disk.';
    default:
      return null;
  }
}

/** Of these the worker says nothing: another one has to find out. */
export const isSilent = (fault: Fault): boolean => fault === 'SIGSTOP worker' || fault === 'SIGKILL worker';

export const CELLS: readonly Cell[] = FAULTS.flatMap((fault) =>
  FAULT_POINTS.map((point) => ({ point, fault })),
);

/** Four kinds of faults, at points where most could go wrong. */
export const SAMPLE: readonly Cell[] = [
  { point: 'before promotion', fault: 'SIGSTOP worker' },
  { point: 'after rename', fault: 'SIGKILL worker' },
  { point: 'temporary write', fault: 'disk full' },
  { point: 'before the commit', fault: 'Postgres restart' },
];

export const nameOf = ({ point, fault }: Cell): string => `${point}:${fault}`;
