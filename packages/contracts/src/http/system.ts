import { z } from 'zod';
import { Timestamp } from '../common.ts';
import { defineRoutes, PUBLIC, signedIn, siteAdmin } from './route.ts';

/** `GET /api/health/ready`: what is not ready, in sentences. */
export const Readiness = z.object({
  ready: z.boolean(),
  version: z.string(),
  checks: z.array(
    z.object({
      name: z.enum(['database', 'schema', 'queue', 'worker', 'web', 'disk']),
      ok: z.boolean(),
      required: z.boolean(),
      detail: z.string(),
    }),
  ),
});
export type Readiness = z.infer<typeof Readiness>;

export const SystemView = z.object({
  version: z.string(),
  engine: z.object({ name: z.string(), why: z.string(), threads: z.number().int() }).nullable(),
  queue: z.object({
    backend: z.enum(['redis', 'postgres']),
    waiting: z.number().int(),
    active: z.number().int(),
  }),
  database: z.object({ version: z.string(), embedded: z.boolean(), bytes: z.number() }),
  disk: z.object({ usedBytes: z.number(), freeBytes: z.number() }),
  workers: z.array(
    z.object({ id: z.string(), hostname: z.string(), pid: z.number().int(), seenAt: Timestamp }),
  ),
});
export type SystemView = z.infer<typeof SystemView>;

/** What the stream carries. `data` is small: pages read the rest over HTTP. */
export const LiveTopic = z.enum([
  'round',
  'metric',
  'sample',
  'judgement',
  'import',
  'task',
  'simulation',
  'person',
  'checkpoint',
  'side-run',
]);
export type LiveTopic = z.infer<typeof LiveTopic>;

export const LiveEvent = z.object({
  id: z.string(),
  topic: LiveTopic,
  projectId: z.guid().nullable(),
  data: z.record(z.string(), z.unknown()),
});
export type LiveEvent = z.infer<typeof LiveEvent>;

/** `metric` events: the newest step of a stage, all values at once. */
export const MetricEventData = z.object({
  roundId: z.guid(),
  stage: z.string(),
  step: z.number().int(),
  totalSteps: z.number().int(),
  values: z.record(z.string(), z.number()),
});
/** `round` events. */
export const RoundEventData = z.object({
  roundId: z.guid(),
  state: z.string(),
  stage: z.string().nullable(),
});
/** `simulation` events. */
export const SimulationEventData = z.object({
  runId: z.guid(),
  done: z.number().int(),
  total: z.number().int(),
  state: z.enum(['running', 'done', 'cancelled', 'failed']),
  message: z.string().optional(),
});
export type SimulationEventData = z.infer<typeof SimulationEventData>;

export const systemRoutes = defineRoutes({
  liveEvents: {
    method: 'GET',
    path: '/events',
    tag: 'system',
    summary:
      'Server-sent events of all own projects; heartbeat 15 s; goes on after Last-Event-ID, or else `after`',
    policy: signedIn('session-only'),
    query: z.object({
      /** For a stream that goes on where another one of the browser ended: a new EventSource can send no header. */
      after: z
        .string()
        .regex(/^\d{1,18}$/)
        .optional(),
    }),
    stream: 'text/event-stream',
  },
  getSystem: {
    method: 'GET',
    path: '/system',
    tag: 'system',
    summary: 'Engine, queue, database, disk, workers',
    policy: siteAdmin('admin'),
    response: SystemView,
  },
  getVersion: {
    method: 'GET',
    path: '/version',
    tag: 'system',
    summary: 'Version, and whether the demo is on',
    policy: PUBLIC,
    response: z.object({ version: z.string(), demo: z.boolean() }),
  },
});
