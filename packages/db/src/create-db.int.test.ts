import { afterAll, beforeAll, expect, test } from 'vitest';
import { createScratchDatabase } from '../test/scratch-database.ts';
import { createDb, type Db } from './create-db.ts';
import { migrateDeploy } from './migrate/migrate-deploy.ts';

let scratch: Awaited<ReturnType<typeof createScratchDatabase>>;
let db: Db;
beforeAll(async () => {
  scratch = await createScratchDatabase();
  await migrateDeploy({ url: scratch.url });
  // One connection, so that what it remembers can be looked at.
  db = createDb({ url: scratch.url, max: 1 });
});
afterAll(async () => {
  await db.close();
  await scratch.drop();
});

test('the client and the pool see the same database', async () => {
  const project = await db.prisma.project.create({ data: { slug: 'one', name: 'One' } });
  const found = await db.pool.query<{ id: string }>('SELECT id FROM project WHERE slug = $1', ['one']);
  expect(found.rows).toEqual([{ id: project.id }]);
});

test('a query of the client is planned once and then used again', async () => {
  const prepared = async (): Promise<number> => {
    const rows = await db.pool.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM pg_prepared_statements',
    );
    return rows.rows[0]?.count ?? 0;
  };
  await db.prisma.project.findMany({ where: { slug: 'one' } });
  const before = await prepared();
  await db.prisma.project.findMany({ where: { slug: 'two' } });
  expect(before).toBeGreaterThan(0);
  expect(await prepared()).toBe(before);
});

test.each(['Asia/Tokyo', 'America/New_York'])(
  'a time is the same moment for the client, the pool and the server when that lives in %s',
  async (zone) => {
    await db.pool.query(`ALTER DATABASE ${new URL(scratch.url).pathname.slice(1)} SET timezone TO '${zone}'`);
    const there = createDb({ url: scratch.url, max: 1 });
    try {
      const written = new Date('2026-07-01T12:00:00.123Z');
      const key = `zone ${zone}`;
      await there.prisma.signInThrottle.create({ data: { key, lastFailureAt: written } });
      const { rows } = await there.pool.query<{ ms: number }>(
        'SELECT extract(epoch FROM "lastFailureAt")::float8 * 1000 AS ms FROM sign_in_throttle WHERE key = $1',
        [key],
      );
      expect(rows[0]?.ms).toBe(written.getTime());
      await there.pool.query('UPDATE sign_in_throttle SET "lastFailureAt" = now() WHERE key = $1', [key]);
      const read = await there.prisma.signInThrottle.findUniqueOrThrow({ where: { key } });
      expect(Math.abs(read.lastFailureAt.getTime() - Date.now())).toBeLessThan(60_000);
    } finally {
      await there.close();
    }
  },
);

test('a connection that the server ends is replaced', async () => {
  const broken: string[] = [];
  const other = createDb({ url: scratch.url, max: 1, onIdleError: (error) => broken.push(error.message) });
  try {
    const pid = await other.pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await db.pool.query('SELECT pg_terminate_backend($1)', [pid.rows[0]?.pid]);
    await expect.poll(() => broken.length).toBe(1);
    expect(await other.prisma.project.count()).toBe(1);
  } finally {
    await other.close();
  }
});
