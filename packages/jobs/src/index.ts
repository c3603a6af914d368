export { drawForPlayground, jobCatalog, measureCurve, runRound, simulateLabelers } from './catalog.ts';
export { defineJob, type JobDefinition } from './define-job.ts';
export {
  openQueues,
  type OpenQueuesOptions,
  type QueueCounts,
  type Queues,
  type RunningWorker,
} from './open-queues.ts';
export { prepareQueues } from './prepare-queues.ts';
export { enqueueRunRound, enqueueSideRun, enqueueSimulateLabelers } from './producers.ts';
export { chooseQueueBackend, DEFAULT_NAMESPACE, type QueueBackend } from './queue-backend.ts';
export type { JobHandler, JobHooks, JobReport } from './run-job.ts';
