/** Where jobs wait. Both are BullMQ; nothing above this package can tell which one runs. */
export type QueueBackend = { kind: 'redis'; url: string } | { kind: 'postgres'; url: string };

/** Redis when it is configured, else the database that is there anyway. */
export function chooseQueueBackend(env: {
  redisUrl?: string | undefined;
  databaseUrl: string;
}): QueueBackend {
  return env.redisUrl ? { kind: 'redis', url: env.redisUrl } : { kind: 'postgres', url: env.databaseUrl };
}

/** Key prefix in Redis, schema in PostgreSQL: a simple identifier serves as both. */
export const DEFAULT_NAMESPACE = 'rankloop_queue';
