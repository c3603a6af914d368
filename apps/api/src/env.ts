import { z } from 'zod';

const GUESSABLE = new Set(['postgres', 'password', 'changeme', 'secret', 'rankloop', 'admin', '123456']);

function hasGuessablePassword(url: string): boolean {
  return URL.canParse(url) && GUESSABLE.has(decodeURIComponent(new URL(url).password).toLowerCase());
}

const Port = z.coerce.number().int().min(0).max(65_535);
const Flag = z
  .enum(['0', '1'])
  .default('0')
  .transform((value) => value === '1');
/** An empty variable, as compose files write it, is an absent one. */
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

const Env = z.object({
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be a postgresql:// address' })
    .refine((url) => !hasGuessablePassword(url), 'has a password that everybody knows: choose another'),
  REDIS_URL: optional(z.url({ protocol: /^rediss?$/, error: 'must be a redis:// address' })),
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: Port.default(3000),
  PUBLIC_URL: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' }),
  WEB_ORIGIN: optional(z.url({ protocol: /^https?$/ })),
  RANKLOOP_DATA_DIR: z.string().min(1),
  RANKLOOP_DEMO: Flag,
  /** Set by `npm start` when it runs the database itself. */
  RANKLOOP_EMBEDDED_DATABASE: Flag,
  METRICS_PORT: optional(Port),
  METRICS_HOST: z.string().min(1).default('127.0.0.1'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** Addresses or networks of proxies whose X-Forwarded-For is believed, separated by commas. */
  TRUST_PROXY: optional(z.string()),
  DATABASE_POOL_MAX: z.coerce.number().int().min(2).max(200).default(10),
});

export interface ApiConfig {
  databaseUrl: string;
  databasePoolMax: number;
  isDatabaseEmbedded: boolean;
  redisUrl: string | undefined;
  host: string;
  port: number;
  publicUrl: URL;
  webOrigin: string | undefined;
  dataDir: string;
  isDemo: boolean;
  metricsHost: string;
  metricsPort: number | undefined;
  logLevel: string;
  trustProxy: string[] | false;
}

/** @throws Error with one plain line per bad variable */
export function readEnv(env: Record<string, string | undefined>): ApiConfig {
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
    databasePoolMax: values.DATABASE_POOL_MAX,
    isDatabaseEmbedded: values.RANKLOOP_EMBEDDED_DATABASE,
    redisUrl: values.REDIS_URL,
    host: values.HOST,
    port: values.PORT,
    publicUrl: new URL(values.PUBLIC_URL),
    webOrigin: values.WEB_ORIGIN,
    dataDir: values.RANKLOOP_DATA_DIR,
    isDemo: values.RANKLOOP_DEMO,
    metricsHost: values.METRICS_HOST,
    metricsPort: values.METRICS_PORT,
    logLevel: values.LOG_LEVEL,
    trustProxy:
      values.TRUST_PROXY === undefined ? false : values.TRUST_PROXY.split(',').map((part) => part.trim()),
  };
}
