// A worker in the process of the test, on a database, queues and a data folder of its own.

import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { openQueues, prepareQueues, type Queues } from '@rankloop/jobs';
import { createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { pino } from 'pino';
import { startWorker, type Worker } from '../src/worker.ts';
import { freshDataDir } from './tiny-project.ts';

export interface RunningWorker {
  readonly database: TestDatabase;
  readonly dataDir: string;
  readonly queues: Queues;
  readonly worker: Worker;
  /** Ends the worker, and removes all that is its own. */
  close(): Promise<void>;
}

export async function startRunningWorker(): Promise<RunningWorker> {
  const database = await createTestDatabase();
  const dataDir = await freshDataDir();
  const namespace = `test_${randomBytes(5).toString('hex')}`;
  const backend = { kind: 'postgres', url: database.url } as const;
  await prepareQueues(backend, namespace);
  const queues = openQueues({ backend, namespace });
  const worker = await startWorker({
    db: database.db,
    queues,
    dataDir,
    logger: pino({ level: process.env['TEST_LOG'] ?? 'silent' }),
    isDemo: false,
    apiOrigin: undefined,
  });
  return {
    database,
    dataDir,
    queues,
    worker,
    async close() {
      await worker.stop();
      await database.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
