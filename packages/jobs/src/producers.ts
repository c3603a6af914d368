import type { RunRoundJob, SimulateLabelersJob } from '@rankloop/contracts';
import { runRound, simulateLabelers } from './catalog.ts';
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
