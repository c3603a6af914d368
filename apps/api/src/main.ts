import { mkdir } from 'node:fs/promises';
import { createDb, explainDatabaseError } from '@rankloop/db';
import { chooseQueueBackend, openQueues, prepareQueues } from '@rankloop/jobs';
import { buildApp } from './app.ts';
import { readEnv } from './env.ts';
import { listenForScrapes } from './http/metrics.ts';

/** After this long a stuck request no longer holds up the end. */
const SHUTDOWN_MS = 10_000;

async function main(): Promise<void> {
  const config = readEnv(process.env);
  await mkdir(config.dataDir, { recursive: true });
  const backend = chooseQueueBackend(config);
  const db = createDb({
    url: config.databaseUrl,
    max: config.databasePoolMax,
    applicationName: 'rankloop api',
    onIdleError: (error) => app.server.log.warn({ err: error }, 'a database connection was lost'),
  });
  const queues = openQueues({
    backend,
    onError: (error) => app.server.log.warn({ err: error }, 'the queue reports an error'),
  });
  const app = await buildApp({ config, db, queues });
  await prepareQueues(backend);
  const scrapes =
    config.metricsPort === undefined
      ? undefined
      : await listenForScrapes(app.metrics.registry, config.metricsHost, config.metricsPort);
  await app.server.listen({ host: config.host, port: config.port });

  let isStopping = false;
  const stop = async (signal: string) => {
    if (isStopping) return;
    isStopping = true;
    app.server.log.info({ signal }, 'stopping');
    setTimeout(() => process.exit(1), SHUTDOWN_MS).unref();
    // Requests first, then what they stand on.
    await app.server.close();
    scrapes?.close();
    await queues.close();
    await db.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, (name) => void stop(name));
}

/** A sentence for whoever started the process; the stack would tell them nothing. */
function explain(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return `Port ${process.env['PORT'] ?? '3000'} is in use by another program.`;
  const url = process.env['DATABASE_URL'] ?? '';
  const aboutDatabase = code === undefined ? undefined : explainDatabaseError(error, url);
  return aboutDatabase ?? (error instanceof Error ? error.message : String(error));
}

main().catch((error: unknown) => {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
});
