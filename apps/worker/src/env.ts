import { z } from 'zod';
import { TrainingPriority } from './training/yield-processors.ts';

/** An empty variable, as compose files write it, is an absent one. */
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

const DAY_MS = 86_400_000;

const Env = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgresql:// address' }),
  REDIS_URL: optional(z.url({ protocol: /^rediss?$/, error: 'must be a redis:// address' })),
  RANKLOOP_DATA_DIR: z.string().min(1),
  RANKLOOP_DEMO: z.enum(['0', '1']).default('0'),
  PUBLIC_URL: optional(z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })),
  /** Where synthetic labelers of the demo reach the API; the public address when absent. */
  API_ORIGIN: optional(z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })),
  /** Curves of rounds that ended earlier keep their ends and extremes only. */
  RANKLOOP_METRICS_DAYS: z.coerce.number().int().min(1).max(36_500).default(90),
  /** At the least between two saves of a training on its way: what a crash may cost of it. */
  RANKLOOP_SAVE_EVERY_MS: optional(z.coerce.number().int().min(0).max(3_600_000)),
  /** What the training process reads: see `yieldProcessors`. */
  RANKLOOP_TRAINING_PRIORITY: optional(TrainingPriority),
  /** Whether the machine's speed is measured once, for estimates of first rounds. */
  RANKLOOP_MEASURE_SPEED: z.enum(['0', '1']).default('1'),
  METRICS_PORT: optional(z.coerce.number().int().min(0).max(65_535)),
  METRICS_HOST: z.string().min(1).default('127.0.0.1'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

export interface WorkerConfig {
  databaseUrl: string;
  redisUrl: string | undefined;
  dataDir: string;
  isDemo: boolean;
  apiOrigin: string | undefined;
  saveEveryMs: number | undefined;
  keepMetricsMs: number;
  measuresSpeed: boolean;
  metricsHost: string;
  metricsPort: number | undefined;
  logLevel: string;
}

/** @throws Error with one plain line per bad variable */
export function readEnv(env: Record<string, string | undefined>): WorkerConfig {
  const parsed = Env.safeParse(env);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => {
      const name = issue.path.join('.');
      return env[name] === undefined ? `${name} is not set.` : `${name} ${issue.message}.`;
    });
    throw new Error(lines.join('\n'));
  }
  const values = parsed.data;
  return {
    databaseUrl: values.DATABASE_URL,
    redisUrl: values.REDIS_URL,
    dataDir: values.RANKLOOP_DATA_DIR,
    isDemo: values.RANKLOOP_DEMO === '1',
    apiOrigin: values.API_ORIGIN ?? values.PUBLIC_URL,
    saveEveryMs: values.RANKLOOP_SAVE_EVERY_MS,
    keepMetricsMs: values.RANKLOOP_METRICS_DAYS * DAY_MS,
    measuresSpeed: values.RANKLOOP_MEASURE_SPEED === '1',
    metricsHost: values.METRICS_HOST,
    metricsPort: values.METRICS_PORT,
    logLevel: values.LOG_LEVEL,
  };
}
