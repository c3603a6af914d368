import { runMigrations } from 'bullmq';
import pg from 'pg';
import { DEFAULT_NAMESPACE, type QueueBackend } from './queue-backend.ts';

/**
 * Makes the queue's own tables where it lives in PostgreSQL; nothing to do for Redis. The migrations are one
 * transaction under an advisory lock, so any number of starters may call this at once.
 */
export async function prepareQueues(backend: QueueBackend, namespace = DEFAULT_NAMESPACE): Promise<void> {
  if (backend.kind === 'redis') return;
  const client = new pg.Client({
    connectionString: backend.url,
    application_name: 'rankloop queue migration',
  });
  await client.connect();
  try {
    await runMigrations(client, namespace);
  } finally {
    await client.end();
  }
}
