import { randomBytes, randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { createTestDatabase, eventually, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  defineJob,
  enqueueRunRound,
  openQueues,
  prepareQueues,
  runRound,
  type QueueBackend,
  type QueueCounts,
} from './index.ts';

const redisUrl = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379';
const namespace = `test_${randomBytes(6).toString('hex')}`;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  await database.close();
  if (isRedisThere) await deleteKeys();
});

const isRedisThere = await answersPing();

describe.each([
  { kind: 'postgres' as const, isThere: true },
  { kind: 'redis' as const, isThere: isRedisThere },
])('queues on $kind', ({ kind, isThere }) => {
  const backend = (): QueueBackend =>
    kind === 'redis' ? { kind, url: redisUrl } : { kind, url: database.url };
  const open = () => openQueues({ backend: backend(), namespace });
  const skipped = test.skipIf(!isThere);

  beforeAll(async () => {
    // Two starters at once, then once more: all safe.
    if (isThere)
      await Promise.all([prepareQueues(backend(), namespace), prepareQueues(backend(), namespace)]);
    if (isThere) await prepareQueues(backend(), namespace);
  });

  skipped('a job that is put in reaches a worker with its payload, once', async () => {
    const queues = open();
    const seen: unknown[] = [];
    const payload = { roundId: randomUUID(), attempt: 1 };
    await enqueueRunRound(queues, payload);
    await enqueueRunRound(queues, payload);
    expect(await queues.count([runRound])).toEqual({ waiting: 1, active: 0 });
    await queues.startWorker(runRound, async (received, { jobId }) => {
      seen.push({ received, jobId });
    });
    await eventually(() => seen.length > 0);
    await eventually(async () => isEmpty(await queues.count([runRound])));
    expect(seen).toEqual([{ received: payload, jobId: `${payload.roundId}-attempt-1` }]);
    await queues.close();
  });

  skipped('a finished or failed job leaves its id free, so that it can be put in again', async () => {
    const queues = open();
    const job = defineJob({
      name: 'again',
      payload: z.strictObject({ n: z.number() }),
      attempts: 1,
      concurrency: 1,
      jobId: ({ n }) => `again-${n}`,
    });
    let runs = 0;
    const errors: unknown[] = [];
    await queues.startWorker(
      job,
      async () => {
        runs += 1;
        if (runs === 1) throw new Error('the first time fails');
      },
      { onEnd: ({ error }) => errors.push(error) },
    );
    for (const times of [1, 2, 3]) {
      await eventually(async () => {
        if (runs < times) await queues.enqueue(job, { n: 7 });
        return runs >= times;
      });
    }
    expect(String(errors[0])).toContain('the first time fails');
    await queues.close();
  });

  skipped('a payload of the wrong form is refused when it is put in', async () => {
    const queues = open();
    await expect(enqueueRunRound(queues, { roundId: 'no id', attempt: 1 })).rejects.toThrow();
    expect(await queues.count([runRound])).toEqual({ waiting: 0, active: 0 });
    await queues.close();
  });

  skipped('a worker that is stopped aborts what it runs and waits for its end', async () => {
    const queues = open();
    const payload = { roundId: randomUUID(), attempt: 1 };
    const events: string[] = [];
    await queues.startWorker(runRound, async (_payload, { signal }) => {
      events.push('began');
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      events.push('ended');
    });
    await enqueueRunRound(queues, payload);
    await eventually(() => events.length === 1);
    await queues.close();
    expect(events).toEqual(['began', 'ended']);
  });

  skipped('a worker under whose hands the queue was emptied takes the next job', async () => {
    const queues = open();
    const begun: string[] = [];
    let finish: () => void = () => undefined;
    const worker = await queues.startWorker(runRound, async ({ roundId }) => {
      begun.push(roundId);
      await new Promise<void>((resolve) => (finish = resolve));
    });
    const [first, second] = [randomUUID(), randomUUID()];
    await enqueueRunRound(queues, { roundId: first, attempt: 1 });
    await eventually(() => begun.length === 1);
    await loseEverything(kind);
    finish();
    await enqueueRunRound(queues, { roundId: second, attempt: 1 });
    await eventually(() => begun.length === 2, { timeoutMs: 90_000 });
    expect(begun).toEqual([first, second]);
    expect(worker.isRunning()).toBe(true);
    finish();
    await queues.close();
  });

  skipped('a queue that was emptied takes the same job again', async () => {
    const queues = open();
    const payload = { roundId: randomUUID(), attempt: 1 };
    await enqueueRunRound(queues, payload);
    await loseEverything(kind);
    expect(await queues.count([runRound])).toEqual({ waiting: 0, active: 0 });
    await enqueueRunRound(queues, payload);
    expect(await queues.count([runRound])).toEqual({ waiting: 1, active: 0 });
    await loseEverything(kind);
    await queues.close();
  });
});

const isEmpty = ({ waiting, active }: QueueCounts) => waiting + active === 0;

async function answersPing(): Promise<boolean> {
  const redis = new Redis(redisUrl, { lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    await redis.ping();
    return true;
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}

async function deleteKeys(): Promise<void> {
  const redis = new Redis(redisUrl);
  const keys = await redis.keys(`${namespace}:*`);
  if (keys.length > 0) await redis.del(...keys);
  redis.disconnect();
}

async function loseEverything(kind: QueueBackend['kind']): Promise<void> {
  if (kind === 'redis') await deleteKeys();
  else await database.db.pool.query(`DELETE FROM "${namespace}".job`);
}
