import { RunRoundJob, SideRunJob, SimulateLabelersJob } from '@rankloop/contracts';
import { defineJob } from './define-job.ts';

/** The id holds the attempt: a new attempt is a new job, even while a dead worker's old one is still locked. */
export const runRound = defineJob({
  name: 'run-round',
  payload: RunRoundJob,
  attempts: 1,
  concurrency: 1,
  jobId: ({ roundId, attempt }) => `${roundId}-attempt-${attempt}`,
});

/** Demo only. */
export const simulateLabelers = defineJob({
  name: 'simulate-labelers',
  payload: SimulateLabelersJob,
  attempts: 1,
  concurrency: 1,
  jobId: ({ runId }) => runId,
});

/** One process draws, for one request after the other, however many ask. */
export const drawForPlayground = defineJob({
  name: 'draw-for-playground',
  payload: SideRunJob,
  attempts: 1,
  concurrency: 1,
  jobId: ({ runId }) => runId,
});

/** Apart from the playground's, because it takes minutes. */
export const measureCurve = defineJob({
  name: 'measure-curve',
  payload: SideRunJob,
  attempts: 1,
  concurrency: 1,
  jobId: ({ runId }) => runId,
});

/** Every kind of background work there is. */
export const jobCatalog = { runRound, simulateLabelers, drawForPlayground, measureCurve } as const;
