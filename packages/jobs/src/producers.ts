import type { RunRoundJob, SideRunJob, SimulateLabelersJob } from '@rankloop/contracts';
import { drawForPlayground, measureCurve, runRound, simulateLabelers } from './catalog.ts';
import type { Queues } from './open-queues.ts';

export function enqueueRunRound(queues: Pick<Queues, 'enqueue'>, payload: RunRoundJob): Promise<void> {
  return queues.enqueue(runRound, payload);
}

export function enqueueSimulateLabelers(
  queues: Pick<Queues, 'enqueue'>,
  payload: SimulateLabelersJob,
): Promise<void> {
  return queues.enqueue(simulateLabelers, payload);
}

const SIDE_RUNS = { playground: drawForPlayground, learning_curve: measureCurve } as const;

export function enqueueSideRun(
  queues: Pick<Queues, 'enqueue'>,
  { kind, runId }: SideRunJob & { kind: keyof typeof SIDE_RUNS },
): Promise<void> {
  return queues.enqueue(SIDE_RUNS[kind], { runId });
}
