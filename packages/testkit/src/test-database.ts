import { createHash, randomBytes } from 'node:crypto';
import { createDb, migrateDeploy, migrationsHash, type Db } from '@rankloop/db';
import pg from 'pg';

export interface TestDatabase {
  readonly url: string;
  readonly db: Db;
  /** Closes `db`, and drops the database where it was made for the caller, whoever else is still connected. */
  close(): Promise<void>;
}

export interface CreateTestDatabaseOptions {
  /** Connections of `db`. */
  max?: number;
}

/** Builders of one template wait for each other. */
const TEMPLATE_LOCK = 7_226_902;

/**
 * An empty, migrated database of the caller's own: a clone of a template that is built once per set of
 * migrations. One per test file; rows are never shared.
 */
export async function createTestDatabase(options: CreateTestDatabaseOptions = {}): Promise<TestDatabase> {
  const server = testServerUrl();
  const template = `rankloop_template_${await migrationsHash()}`;
  const name = `rankloop_test_${randomBytes(8).toString('hex')}`;
  await onServer(server, async (client) => {
    await buildTemplate(client, server, template);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  });
  const opened = openTestDatabase(databaseUrl(server, name), options);
  return {
    ...opened,
    close: async () => {
      await opened.close();
      await onServer(server, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    },
  };
}

/** A database that somebody else made and drops: closing it leaves it there. */
export function openTestDatabase(url: string, options: CreateTestDatabaseOptions = {}): TestDatabase {
  const db = createDb({ url, max: options.max ?? 5, applicationName: 'rankloop test' });
  return { url, db, close: () => db.close() };
}

function testServerUrl(): string {
  const url = process.env['TEST_DATABASE_URL'];
  if (url === undefined || url === '')
    throw new Error('No test database server: run the tests through vitest at the root of the repository.');
  return url;
}

async function buildTemplate(client: pg.Client, server: string, template: string): Promise<void> {
  // A lock of the session: CREATE DATABASE refuses to run in a transaction.
  const lockKey = createHash('sha256').update(template).digest().readInt32BE(0);
  await client.query('SELECT pg_advisory_lock($1, $2)', [TEMPLATE_LOCK, lockKey]);
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [template]);
    if (found.rowCount !== 0) return;
    // A name of its own until it is whole: a build that was killed is never taken for a template.
    const building = `rankloop_building_${randomBytes(6).toString('hex')}`;
    await client.query(`CREATE DATABASE ${building}`);
    await migrateDeploy({ url: databaseUrl(server, building) });
    await client.query(`ALTER DATABASE ${building} RENAME TO ${template}`);
    // CREATE DATABASE .. TEMPLATE fails while anybody is connected to the template.
    await client.query(`ALTER DATABASE ${template} ALLOW_CONNECTIONS false`);
  } finally {
    await client.query('SELECT pg_advisory_unlock($1, $2)', [TEMPLATE_LOCK, lockKey]);
  }
}

async function onServer(server: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function databaseUrl(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
