import { RunRoundJob, SimulateLabelersJob } from '@rankloop/contracts';
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

/** Every kind of background work there is. */
export const jobCatalog = { runRound, simulateLabelers } as const;
