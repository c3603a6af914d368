import type { JobDefinition } from './define-job.ts';

export type JobHandler<Payload> = (
  payload: Payload,
  context: { jobId: string; /** Aborted when the worker shuts down. */ signal: AbortSignal },
) => Promise<void>;

export interface JobReport {
  job: string;
  jobId: string;
  milliseconds: number;
  error?: unknown;
}

export interface JobHooks {
  onStart?: (report: Pick<JobReport, 'job' | 'jobId'>) => void;
  /** For metrics and the log. `error` is present when the job failed. */
  onEnd?: (report: JobReport) => void;
}

interface RunJobOptions<Payload> {
  job: JobDefinition<Payload>;
  payload: unknown;
  id: string;
  handle: JobHandler<Payload>;
  hooks: JobHooks;
  signal: AbortSignal;
}

/** One wrapper around every handler: parse, time, report. A failure is reported and passed on to the queue. */
export async function runJob<Payload>(options: RunJobOptions<Payload>): Promise<void> {
  const { job, id: jobId, hooks } = options;
  const begun = performance.now();
  const report = { job: job.name, jobId };
  hooks.onStart?.(report);
  try {
    await options.handle(job.payload.parse(options.payload), { jobId, signal: options.signal });
    hooks.onEnd?.({ ...report, milliseconds: performance.now() - begun });
  } catch (error) {
    hooks.onEnd?.({ ...report, milliseconds: performance.now() - begun, error });
    throw error;
  }
}
