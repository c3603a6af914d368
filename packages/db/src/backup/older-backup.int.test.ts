import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createScratchDatabase, withClient } from '../../test/scratch-database.ts';
import { createDb } from '../create-db.ts';
import { migrateDeploy } from '../migrate/migrate-deploy.ts';
import { defaultMigrationsDir, readMigrations } from '../migrate/migration-folder.ts';
import { schemaStatus } from '../migrate/schema-status.ts';
import { backupTables, restoreTables, type DatabaseBackup } from './backup-tables.ts';

/** The last version whose slots did not know whether they are open. */
const OLD_VERSION = '20261121124500_slot_open_rank';

const FILL = `
  INSERT INTO "user" ("id", "name", "email") VALUES ('00000000-0000-4000-8000-000000000001', 'Ann', 'ann@example.com');
  INSERT INTO "project" ("id", "slug", "name") VALUES ('00000000-0000-4000-8000-000000000002', 'old', 'Old');
  INSERT INTO "form_version" ("id", "projectId", "version", "spec")
    VALUES ('00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-000000000002', 1, '{}');
  INSERT INTO "prompt" ("id", "projectId", "contentHash", "source", "conversation")
    VALUES ('00000000-0000-4000-8000-000000000004', '00000000-0000-4000-8000-000000000002', 'h', 'imported', '[]');
  INSERT INTO "task" ("id", "projectId", "promptId", "formVersionId", "need")
    VALUES ('00000000-0000-4000-8000-000000000005', '00000000-0000-4000-8000-000000000002',
      '00000000-0000-4000-8000-000000000004', '00000000-0000-4000-8000-000000000003', 2);
  INSERT INTO "lease" ("id", "projectId", "taskId", "slotId", "labelerId", "state", "expiresAt")
    VALUES ('00000000-0000-4000-8000-000000000006', '00000000-0000-4000-8000-000000000002',
      '00000000-0000-4000-8000-000000000005', 1, '00000000-0000-4000-8000-000000000001', 'submitted', now());
  INSERT INTO "slot" ("projectId", "taskId", "state", "leaseId", "labelerId") VALUES
    ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000005', 'done',
      '00000000-0000-4000-8000-000000000006', '00000000-0000-4000-8000-000000000001'),
    ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000005', 'free', NULL, NULL);
  INSERT INTO "judgement" ("leaseId", "revision", "projectId", "taskId", "labelerId", "source", "outcome", "shownOrder",
      "activeMs", "formVersionId", "bodyHash")
    VALUES ('00000000-0000-4000-8000-000000000006', 1, '00000000-0000-4000-8000-000000000002',
      '00000000-0000-4000-8000-000000000005', '00000000-0000-4000-8000-000000000001', 'person', 'ok', '{}', 1,
      '00000000-0000-4000-8000-000000000003', 'h');`;

let folder: string;
let backup: DatabaseBackup;
let upgraded: Awaited<ReturnType<typeof createScratchDatabase>>;
let target: Awaited<ReturnType<typeof createScratchDatabase>>;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rankloop-older-'));
  upgraded = await createScratchDatabase();
  target = await createScratchDatabase();
  const migrationsDir = path.join(folder, 'migrations');
  for (const { name } of await readMigrations(defaultMigrationsDir())) {
    if (name > OLD_VERSION) continue;
    await cp(path.join(defaultMigrationsDir(), name), path.join(migrationsDir, name), { recursive: true });
  }
  await migrateDeploy({ url: upgraded.url, migrationsDir });
  await withClient(upgraded.url, (client) => client.query(FILL));
  backup = await backupTables({ url: upgraded.url, folder: path.join(folder, 'old') });
  await migrateDeploy({ url: upgraded.url });
  await migrateDeploy({ url: target.url });
});
afterAll(async () => {
  await upgraded.drop();
  await target.drop();
  await rm(folder, { recursive: true });
});

test('a backup of an older version becomes what an upgrade makes of its database', async () => {
  await restoreTables({ url: target.url, folder: path.join(folder, 'old'), backup });
  const restored = await backupTables({ url: target.url, folder: path.join(folder, 'restored') });
  const inPlace = await backupTables({ url: upgraded.url, folder: path.join(folder, 'upgraded') });
  expect(restored).toEqual(inPlace);
  expect(await schemaStatus({ url: target.url })).toMatchObject({ state: 'current' });
  const slots = await withClient(target.url, (client) =>
    client.query('SELECT "state", "isOpen" FROM "slot" ORDER BY "id"'),
  );
  expect(slots.rows).toEqual([
    { state: 'done', isOpen: false },
    { state: 'free', isOpen: true },
  ]);
});

test('a restored older backup has every index and rule of a new database', async () => {
  const made = `
    SELECT indexdef AS made FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT conname || ' ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    ORDER BY 1`;
  const [restored, inPlace] = await Promise.all(
    [target, upgraded].map(({ url }) => withClient(url, (client) => client.query(made))),
  );
  expect(restored?.rows).toEqual(inPlace?.rows);
});

test('an older backup that breaks in the middle leaves database and schema as they were', async () => {
  const before = await backupTables({ url: target.url, folder: path.join(folder, 'before') });
  const absent = {
    ...backup,
    tables: [...backup.tables, { table: 'no_such_table', columns: ['id'], rows: 0, bytes: 0, sha256: '' }],
  };
  const options = { url: target.url, folder: path.join(folder, 'old'), backup: absent, replace: true };
  await expect(restoreTables(options)).rejects.toThrow('no_such_table');
  expect(await backupTables({ url: target.url, folder: path.join(folder, 'after') })).toEqual(before);
});

test('sessions of a product that runs meanwhile end, because their plans are for tables that are gone', async () => {
  const running = createDb({ url: target.url, max: 1 });
  // One that is in use is not ended by the pool itself.
  const client = await running.pool.connect();
  try {
    let isEnded = false;
    client.on('error', () => undefined).on('end', () => (isEnded = true));
    await restoreTables({ url: target.url, folder: path.join(folder, 'old'), backup, replace: true });
    await eventually(() => isEnded, { timeoutMs: 20_000, what: 'the end of a session with old plans' });
  } finally {
    client.release(true);
    await running.close();
  }
});
