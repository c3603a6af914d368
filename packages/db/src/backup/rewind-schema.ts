import type pg from 'pg';
import { defaultMigrationsDir, readMigrations, type MigrationFile } from '../migrate/migration-folder.ts';

/** Everything that migrations make, as statements that drop it; what an extension brought is not ours. */
const DROP_ALL = `
  SELECT format('DROP %s %s CASCADE', what, name) AS "statement" FROM (
    SELECT 1 AS nr, oid, 'TABLE' AS what, oid::regclass::text AS name FROM pg_class
    WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND relname <> '_prisma_migrations'
    UNION ALL
    SELECT 2, oid, 'TYPE', oid::regtype::text FROM pg_type
    WHERE typtype = 'e' AND typnamespace = 'public'::regnamespace
    UNION ALL
    SELECT 3, oid, 'FUNCTION', oid::regprocedure::text FROM pg_proc
    WHERE prokind = 'f' AND pronamespace = 'public'::regnamespace
  ) AS made
  WHERE NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = made.oid AND d.deptype = 'e')
  ORDER BY nr`;

/**
 * Puts empty tables in place as they were after `applied`, inside the caller's transaction, so that rows of an older
 * version find the columns and rules they were written under. Does nothing when no later migration exists.
 *
 * @returns the migrations to run over those rows when they are loaded, as an upgrade would have
 */
export async function rewindSchema(
  client: pg.ClientBase,
  applied: readonly string[],
): Promise<readonly MigrationFile[]> {
  const names = new Set(applied);
  const migrations = await readMigrations(defaultMigrationsDir());
  const later = migrations.filter(({ name }) => !names.has(name));
  if (later.length === 0) return [];
  const { rows } = await client.query<{ statement: string }>(DROP_ALL);
  for (const { statement } of rows) await client.query(statement);
  await runMigrations(
    client,
    migrations.filter(({ name }) => names.has(name)),
  );
  return later;
}

export async function runMigrations(
  client: pg.ClientBase,
  migrations: readonly MigrationFile[],
): Promise<void> {
  for (const { sql } of migrations) await client.query(sql);
}
