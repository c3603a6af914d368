import type { z } from 'zod';

/** One kind of background work: everything that a producer and a worker must agree on. */
export interface JobDefinition<Payload = unknown> {
  /** Also the name of its queue. */
  readonly name: string;
  /** Parsed when the job is put in and again when it is picked up: the two sides may be of different versions. */
  readonly payload: z.ZodType<Payload>;
  /** How often the queue itself runs it. Work that resumes from rows has 1: the rows decide about another try. */
  readonly attempts: number;
  /** Jobs of this kind at the same time in one worker process. */
  readonly concurrency: number;
  /** The same id while a job waits or runs is the same job, so that putting it in twice does nothing. */
  readonly jobId: (payload: Payload) => string;
}

export function defineJob<Payload>(definition: JobDefinition<Payload>): JobDefinition<Payload> {
  return definition;
}
