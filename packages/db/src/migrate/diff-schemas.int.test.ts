import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createScratchDatabase, withClient } from '../../test/scratch-database.ts';
import { findRepositoryRoot } from '../repository-root.ts';
import { diffSchemas } from './diff-schemas.ts';
import { migrateDeploy } from './migrate-deploy.ts';
import { readSchemaFiles } from './migration-folder.ts';

const schemaDir = path.join(findRepositoryRoot(), 'prisma');

type Scratch = Awaited<ReturnType<typeof createScratchDatabase>>;
let migrated: Scratch;
let described: Scratch;
beforeEach(async () => {
  [migrated, described] = await Promise.all([createScratchDatabase(), createScratchDatabase()]);
});
afterEach(async () => {
  await Promise.all([migrated.drop(), described.drop()]);
});

/** Everything that the schema language can say about a database, one line each. */
const DESCRIPTION = `
  SELECT format('column %s.%s %s %s %s', table_name, column_name, udt_name, is_nullable, column_default) AS line
  FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_prisma_migrations'
  UNION ALL
  SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'
  UNION ALL
  SELECT format('constraint %s %s', conname, pg_get_constraintdef(oid)) FROM pg_constraint WHERE contype = 'f'
  UNION ALL
  SELECT format('value %s.%s', typname, enumlabel) FROM pg_enum JOIN pg_type ON pg_type.oid = enumtypid`;

const describeDatabase = (url: string): Promise<string[]> =>
  withClient(url, async (client) => {
    const found = await client.query<{ line: string }>(DESCRIPTION);
    return found.rows.map((row) => row.line).sort();
  });

test('the migrations give what the schema describes, and besides only indexes of their own', async () => {
  await migrateDeploy({ url: migrated.url });
  const sql = await diffSchemas(described.url, [], await readSchemaFiles(schemaDir));
  await withClient(described.url, (client) => client.query(sql));

  const wanted = await describeDatabase(described.url);
  const found = await describeDatabase(migrated.url);
  expect(wanted.filter((line) => !found.includes(line))).toEqual([]);
  const surplus = found.filter((line) => !wanted.includes(line));
  expect(surplus.filter((line) => !line.startsWith('index '))).toEqual([]);
});

test('a new field becomes a column', async () => {
  const datasource = 'datasource db {\n  provider = "postgresql"\n}\n\n';
  const before = `${datasource}model Item {\n  id Int @id\n}\n`;
  const after = `${datasource}model Item {\n  id Int @id\n  note String?\n}\n`;
  const sql = await diffSchemas(described.url, [['/s/schema.prisma', before]], [['/s/schema.prisma', after]]);
  expect(sql).toMatch(/ALTER TABLE "Item" ADD COLUMN\s+"note" TEXT;/);
});

test('equal schemas need no migration', async () => {
  const files = await readSchemaFiles(schemaDir);
  expect(await diffSchemas(described.url, files, files)).toBe('');
});
