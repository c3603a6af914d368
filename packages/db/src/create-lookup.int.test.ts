import { afterAll, beforeAll, expect, test } from 'vitest';
import { createScratchDatabase } from '../test/scratch-database.ts';
import { createDb, type Db } from './create-db.ts';
import { createLookup, keyRows } from './create-lookup.ts';

let scratch: Awaited<ReturnType<typeof createScratchDatabase>>;
let db: Db;
/** What was sent, as the keys of each statement. */
let sent: number[][];

beforeAll(async () => {
  scratch = await createScratchDatabase();
  db = createDb({ url: scratch.url });
});
afterAll(async () => {
  await db.close();
  await scratch.drop();
});

/** Counts up to each key; a key of zero fails the statement. */
function createCounter() {
  sent = [];
  return createLookup<number, { n: number }>({
    name: 'test-count',
    text: `SELECT k.ord, n FROM ${keyRows(['int'])} AS k(last, ord), generate_series(1, k.last) n
           WHERE 1 / k.last >= 0 ORDER BY n`,
    toValues: (keys) => {
      sent.push([...keys]);
      return [[...keys]];
    },
  });
}

test('each question gets its own rows, in order, and none where there are none', async () => {
  const count = createCounter();
  const answers = await Promise.all([3, -1, 1, 3].map((key) => count(db.pool, key)));
  expect(answers.map((rows) => rows.map(({ n }) => n))).toEqual([[1, 2, 3], [], [1], [1, 2, 3]]);
  expect(sent).toEqual([[3, -1, 1, 3]]);
});

test('what is asked while a statement is under way goes into the next one, and is read anew', async () => {
  const count = createCounter();
  const first = count(db.pool, 1);
  await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([first, count(db.pool, 2), count(db.pool, 1), count(db.pool, 3)]);
  expect(sent).toEqual([[1], [2, 1, 3]]);
  await count(db.pool, 1);
  expect(sent).toEqual([[1], [2, 1, 3], [1]]);
});

test('a statement that fails is an error for those who asked with it and nobody else', async () => {
  const count = createCounter();
  const answers = await Promise.allSettled([count(db.pool, 0), count(db.pool, 1)]);
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await count(db.pool, 1)).toHaveLength(1);
});

test('many questions at once go in statements of at most a hundred', async () => {
  const count = createCounter();
  const answers = await Promise.all(Array.from({ length: 250 }, (_, i) => count(db.pool, (i % 3) + 1)));
  expect(answers.map((rows) => rows.length)).toEqual(Array.from({ length: 250 }, (_, i) => (i % 3) + 1));
  expect(sent.map((keys) => keys.length)).toEqual([100, 100, 50]);
});

test('a connection that hangs holds up only what was asked on it', async () => {
  const lookup = createLookup<number, { answer: number }>({
    name: 'test-hang',
    text: `SELECT k.ord, k.number AS answer, CASE WHEN k.number = 0 THEN pg_sleep(600) END
           FROM ${keyRows(['int'])} AS k(number, ord)`,
    toValues: (keys) => [[...keys]],
  });
  const hanging = lookup(db.pool, 0).catch((error: unknown) => String(error));
  await new Promise((resolve) => setImmediate(resolve));
  expect(await lookup(db.pool, 1)).toMatchObject([{ answer: 1 }]);
  await db.pool
    .query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%'
                       AND pid <> pg_backend_pid() AND datname = current_database()`);
  expect(await hanging).toContain('terminating connection');
});
