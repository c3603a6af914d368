import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { ensureDatabase } from '../src/ensure-database.ts';

/** A database without any tables, on the server of the test run. */
export async function createScratchDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const server = process.env['TEST_DATABASE_URL'] ?? '';
  const name = `rankloop_scratch_${randomBytes(8).toString('hex')}`;
  const url = await ensureDatabase(server, name);
  return {
    url,
    drop: async () => {
      await withClient(server, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
    },
  };
}

export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

export interface ScratchMigrations {
  readonly schemaDir: string;
  readonly migrationsDir: string;
  add(name: string, sql: string): Promise<void>;
  remove(name: string): Promise<void>;
  removeAll(): Promise<void>;
}

/** A schema folder of the test's own, with as many migrations as it writes. */
export async function createScratchMigrations(): Promise<ScratchMigrations> {
  const schemaDir = await mkdtemp(path.join(tmpdir(), 'rankloop-migrations-'));
  const migrationsDir = path.join(schemaDir, 'migrations');
  await mkdir(migrationsDir);
  await writeFile(
    path.join(schemaDir, 'schema.prisma'),
    'datasource db {\n  provider = "postgresql"\n}\n\nmodel Item {\n  id Int @id\n}\n',
  );
  return {
    schemaDir,
    migrationsDir,
    add: async (name, sql) => {
      await mkdir(path.join(migrationsDir, name), { recursive: true });
      await writeFile(path.join(migrationsDir, name, 'migration.sql'), sql);
    },
    remove: (name) => rm(path.join(migrationsDir, name), { recursive: true }),
    removeAll: () => rm(schemaDir, { recursive: true, force: true }),
  };
}
