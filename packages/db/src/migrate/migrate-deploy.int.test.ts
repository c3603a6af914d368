import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createScratchDatabase,
  createScratchMigrations,
  withClient,
  type ScratchMigrations,
} from '../../test/scratch-database.ts';
import { migrateDeploy } from './migrate-deploy.ts';
import { schemaStatus } from './schema-status.ts';

const ITEMS = 'CREATE TABLE "Item" ("id" INTEGER PRIMARY KEY);';

let database: Awaited<ReturnType<typeof createScratchDatabase>>;
let migrations: ScratchMigrations;
beforeEach(async () => {
  database = await createScratchDatabase();
  migrations = await createScratchMigrations();
});
afterEach(async () => {
  await database.drop();
  await migrations.removeAll();
});

const deploy = (): Promise<readonly string[]> => migrateDeploy({ url: database.url, ...migrations });
const status = () => schemaStatus({ url: database.url, migrationsDir: migrations.migrationsDir });
const tables = (): Promise<string[]> =>
  withClient(database.url, async (client) => {
    const found = await client.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`,
    );
    return found.rows.map((row) => row.name).filter((name) => name !== '_prisma_migrations');
  });

describe('migrateDeploy', () => {
  test('the migrations of the product give a database that is up to date, and a second run does nothing', async () => {
    const applied = await migrateDeploy({ url: database.url });
    expect(applied.length).toBeGreaterThan(0);
    expect(await migrateDeploy({ url: database.url })).toEqual([]);
    expect(await schemaStatus({ url: database.url })).toMatchObject({ state: 'current' });
    expect(await tables()).toContain('judgement');
  });

  test('of five starters at once one migrates and none fails', async () => {
    await migrations.add('1_items', `${ITEMS} SELECT pg_sleep(0.2);`);
    const results = await Promise.all(Array.from({ length: 5 }, deploy));
    expect(results.filter((applied) => applied.length === 1)).toHaveLength(1);
    expect(results.filter((applied) => applied.length === 0)).toHaveLength(4);
  });

  test('a semicolon in a function body or a literal does not end a statement', async () => {
    await migrations.add(
      '1_function',
      `${ITEMS}
       CREATE FUNCTION one() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN 'a;b'; END; $$;
       COMMENT ON TABLE "Item" IS 'first; second';`,
    );
    expect(await deploy()).toEqual(['1_function']);
    const answer = await withClient(database.url, (client) => client.query('SELECT one() AS text'));
    expect(answer.rows).toEqual([{ text: 'a;b' }]);
  });

  test('a migration that fails leaves nothing of itself, and its correction applies', async () => {
    await migrations.add('1_items', ITEMS);
    await migrations.add('2_broken', 'CREATE TABLE "half" ("id" INTEGER); INSERT INTO "missing" VALUES (1);');
    await expect(deploy()).rejects.toThrow(
      /2_broken failed and was undone: relation "missing" does not exist/,
    );
    expect(await tables()).toEqual(['Item']);

    await migrations.add('2_broken', 'CREATE TABLE "half" ("id" INTEGER);');
    expect(await deploy()).toEqual(['2_broken']);
    expect(await tables()).toEqual(['Item', 'half']);
    expect(await status()).toMatchObject({ state: 'current' });
  });

  test('what a killed run had begun is undone by PostgreSQL and applied by the next', async () => {
    await migrations.add('1_items', ITEMS);
    await deploy();
    // The record that a run writes before a script, left behind without the script.
    await withClient(database.url, (client) =>
      client.query(
        `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at) VALUES ('x', 'x', '2_more', now())`,
      ),
    );
    await migrations.add('2_more', 'CREATE TABLE "more" ("id" INTEGER);');
    expect(await status()).toMatchObject({ state: 'failed' });
    expect(await deploy()).toEqual(['2_more']);
    expect(await tables()).toEqual(['Item', 'more']);
  });

  test('the record of a migration is written in its own transaction', async () => {
    await migrations.add(
      '1_items',
      `${ITEMS}
       CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'no record'; END; $$;
       CREATE TRIGGER refuse BEFORE UPDATE ON _prisma_migrations FOR EACH ROW EXECUTE FUNCTION refuse();`,
    );
    // The trigger stands for a kill between the script and its record: then the script must not stay either.
    await expect(deploy()).rejects.toThrow(/no record/);
    expect(await tables()).toEqual([]);
  });

  test('an index may be built concurrently in a migration of its own', async () => {
    await migrations.add('1_items', ITEMS);
    await migrations.add('2_index', 'CREATE INDEX CONCURRENTLY "by_id" ON "Item" ("id")');
    expect(await deploy()).toEqual(['1_items', '2_index']);
  });

  test('a database that is newer than the code is refused', async () => {
    await migrations.add('1_items', ITEMS);
    await migrations.add('2_more', 'CREATE TABLE "more" ("id" INTEGER);');
    await deploy();
    await migrations.remove('2_more');
    await expect(deploy()).rejects.toThrow(/newer than this code: it has migration 2_more/);
  });
});

/** The sentence names the migration in question. */
const namesFirst = expect.stringContaining('1_items') as string;

describe('schemaStatus', () => {
  test('an empty database is behind', async () => {
    await migrations.add('1_items', ITEMS);
    expect(await status()).toEqual({ state: 'behind', message: namesFirst });
  });

  test('a migration that the code lacks makes the database ahead', async () => {
    await migrations.add('1_items', ITEMS);
    await deploy();
    await migrations.remove('1_items');
    expect(await status()).toEqual({ state: 'ahead', message: namesFirst });
  });

  test('a migration that was edited after it was applied is named', async () => {
    await migrations.add('1_items', ITEMS);
    await deploy();
    await migrations.add('1_items', `${ITEMS} -- a later thought`);
    expect(await status()).toEqual({ state: 'changed', message: namesFirst });
  });
});
