import {
  createPostgresBackend,
  Queue as RedisQueue,
  Worker as RedisWorker,
  withBackend,
  type Processor,
  type QueueOptions,
  type WorkerOptions,
} from 'bullmq';
import type { JobDefinition } from './define-job.ts';
import { DEFAULT_NAMESPACE, type QueueBackend } from './queue-backend.ts';
import { runJob, type JobHandler, type JobHooks } from './run-job.ts';

const { Queue: PostgresQueue, Worker: PostgresWorker } = withBackend(createPostgresBackend);

/** Finished jobs leave nothing behind: the rows tell what happened, and the id is free for the reconciler. */
const KEEP_NOTHING = { removeOnComplete: true, removeOnFail: true } as const;

/** A worker that dies frees its job after this long; the fence in the rows makes a second run harmless. */
const LOCK_DURATION_MS = 30_000;

/** What is used of a BullMQ queue, the same for both backends. */
interface OpenQueue {
  add(name: string, payload: unknown, options: object): Promise<unknown>;
  getJobCounts(...states: ('waiting' | 'active' | 'delayed')[]): Promise<Record<string, number>>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  close(): Promise<void>;
}

/** What is used of a BullMQ worker. */
interface OpenWorker {
  waitUntilReady(): Promise<unknown>;
  isRunning(): boolean;
  on(event: 'error', listener: (error: Error) => void): unknown;
  close(force?: boolean): Promise<void>;
}

export interface QueueCounts {
  waiting: number;
  active: number;
}

export interface RunningWorker {
  /** False once its loop has ended, whatever the connection says. */
  isRunning(): boolean;
  /** Takes no further job; the signal of those that run is aborted, and their end is waited for. */
  stop(): Promise<void>;
}

export interface Queues {
  readonly backend: QueueBackend['kind'];
  /** Puts a job in, or does nothing while one with its id waits or runs. */
  enqueue<Payload>(job: JobDefinition<Payload>, payload: Payload): Promise<void>;
  count(jobs: readonly Pick<JobDefinition, 'name'>[]): Promise<QueueCounts>;
  startWorker<Payload>(
    job: JobDefinition<Payload>,
    handle: JobHandler<Payload>,
    hooks?: JobHooks,
  ): Promise<RunningWorker>;
  close(): Promise<void>;
}

export interface OpenQueuesOptions {
  backend: QueueBackend;
  namespace?: string;
  /** A lost connection is mended by the client; this is for the log. */
  onError?: (error: Error) => void;
}

/** Connections are made on first use. Call `prepareQueues` once before. */
export function openQueues(options: OpenQueuesOptions): Queues {
  const { backend, namespace = DEFAULT_NAMESPACE } = options;
  const onError = options.onError ?? (() => undefined);
  const queues = new Map<string, OpenQueue>();
  const workers = new Set<RunningWorker>();

  function queueOf(name: string): OpenQueue {
    const known = queues.get(name);
    if (known) return known;
    const queue = makeQueue(backend, name, namespace);
    queue.on('error', onError);
    queues.set(name, queue);
    return queue;
  }

  return {
    backend: backend.kind,

    async enqueue(job, payload) {
      const parsed = job.payload.parse(payload);
      await queueOf(job.name).add(job.name, parsed, {
        jobId: job.jobId(parsed),
        attempts: job.attempts,
        ...KEEP_NOTHING,
      });
    },

    async count(jobs) {
      const counts = await Promise.all(
        jobs.map(({ name }) => queueOf(name).getJobCounts('waiting', 'active', 'delayed')),
      );
      const sum = (state: string) => counts.reduce((total, count) => total + (count[state] ?? 0), 0);
      return { waiting: sum('waiting') + sum('delayed'), active: sum('active') };
    },

    async startWorker(job, handle, hooks = {}) {
      const stopping = new AbortController();
      const worker = makeWorker(
        backend,
        job.name,
        namespace,
        ({ data, id }) =>
          runJob({ job, payload: data, id: id ?? '', handle, hooks, signal: stopping.signal }),
        job.concurrency,
      );
      worker.on('error', onError);
      await worker.waitUntilReady();
      const running: RunningWorker = {
        isRunning: () => worker.isRunning(),
        async stop() {
          workers.delete(running);
          stopping.abort(new Error('The worker is shutting down.'));
          await worker.close();
        },
      };
      workers.add(running);
      return running;
    },

    async close() {
      await Promise.all([...workers].map((worker) => worker.stop()));
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      queues.clear();
    },
  };
}

function makeQueue(backend: QueueBackend, name: string, namespace: string): OpenQueue {
  if (backend.kind === 'postgres') {
    return new PostgresQueue(name, {
      connection: { connectionString: backend.url, schema: namespace, max: 2 },
    });
  }
  // Without Redis, putting a job in fails at once instead of waiting for ever; the reconciler makes up for it.
  const connection: QueueOptions['connection'] = { url: backend.url, enableOfflineQueue: false };
  return new RedisQueue(name, { connection, prefix: namespace });
}

function makeWorker(
  backend: QueueBackend,
  name: string,
  namespace: string,
  process: Processor<unknown, void>,
  concurrency: number,
): OpenWorker {
  const common = { concurrency, lockDuration: LOCK_DURATION_MS };
  if (backend.kind === 'postgres') {
    const connection = { connectionString: backend.url, schema: namespace, max: 2 };
    return new PostgresWorker<unknown, void>(name, process, { ...common, connection });
  }
  const connection: WorkerOptions['connection'] = { url: backend.url, maxRetriesPerRequest: null };
  return new RedisWorker<unknown, void>(name, process, { ...common, connection, prefix: namespace });
}
