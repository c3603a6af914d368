import { mkdir } from 'node:fs/promises';
import { createDb } from '@rankloop/db';
import { chooseQueueBackend, openQueues, prepareQueues } from '@rankloop/jobs';
import { pino } from 'pino';
import { readEnv } from './env.ts';
import { listenForHealth } from './health/listen-for-health.ts';
import { startWorker } from './worker.ts';

/** After this long a stuck end no longer holds up the process. */
const SHUTDOWN_MS = 12_000;

/**
 * A worker that stands still within a transaction, or whose machine is gone, holds the lock of its round: nobody else
 * could go on with it. Shorter than the silence after which that is due.
 */
const MAX_IDLE_IN_TRANSACTION_MS = 9_000;

async function main(): Promise<void> {
  const config = readEnv(process.env);
  const logger = pino({ level: config.logLevel });
  await mkdir(config.dataDir, { recursive: true });
  const backend = chooseQueueBackend(config);
  const db = createDb({
    url: config.databaseUrl,
    applicationName: 'rankloop worker',
    maxIdleInTransactionMs: MAX_IDLE_IN_TRANSACTION_MS,
    onIdleError: (err) => logger.warn({ err }, 'a database connection was lost'),
  });
  await prepareQueues(backend);
  const queues = openQueues({
    backend,
    onError: (err) => logger.warn({ err }, 'the queue reports an error'),
  });
  const worker = await startWorker({ ...config, db, queues, logger });
  const health =
    config.metricsPort === undefined
      ? undefined
      : await listenForHealth({
          registry: worker.metrics,
          check: () => worker.checkReadiness(),
          host: config.metricsHost,
          port: config.metricsPort,
        });

  let isStopping = false;
  const stop = async (signal: string) => {
    if (isStopping) return;
    isStopping = true;
    logger.info({ signal }, 'stopping');
    setTimeout(() => process.exit(1), SHUTDOWN_MS).unref();
    health?.close();
    await worker.stop();
    await db.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.on(signal, (name) => void stop(name));
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
