// npm run -w @rankloop/db migration:new -- NAME [--from REVISION]
// Writes the migration from the committed schema (git's HEAD, or REVISION) to the one in the working tree.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { throwAwayHome } from '../src/embedded/embedded-home.ts';
import { startEmbeddedPostgres } from '../src/embedded/embedded-postgres.ts';
import { diffSchemas } from '../src/migrate/diff-schemas.ts';
import { readSchemaFiles } from '../src/migrate/migration-folder.ts';
import { PlainError } from '../src/plain-error.ts';
import { findRepositoryRoot } from '../src/repository-root.ts';

const root = findRepositoryRoot();

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { from: { type: 'string', default: 'HEAD' } },
  });
  const name = positionals[0] ?? '';
  if (!/^[a-z][a-z0-9_]{2,60}$/.test(name))
    throw new PlainError(
      'Name the migration in small letters: npm run -w @rankloop/db migration:new -- add_notes',
    );
  const after = await readSchemaFiles(path.join(root, 'prisma'));
  const before = schemaAt(values.from);
  const sql = await withServer((url) => diffSchemas(url, before, after));
  if (sql === '')
    throw new PlainError(
      `The schema says the same as at ${values.from}. Change prisma/*.prisma first, and commit after.`,
    );

  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = path.join(root, 'prisma', 'migrations', `${stamp}_${name}`);
  if (existsSync(folder)) throw new PlainError(`${folder} is there already.`);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'migration.sql'), sql);
  process.stdout.write(
    `${sql}\nWrote ${path.relative(root, folder)}/migration.sql. Read it: renames look like a drop and an add.\n`,
  );
}

/** The engine only asks the server for its version: DATABASE_URL, or one that lasts for this question. */
async function withServer<T>(use: (url: string) => Promise<T>): Promise<T> {
  const given = process.env['DATABASE_URL'];
  if (given !== undefined && given !== '') return use(given);
  const server = await startEmbeddedPostgres({ home: throwAwayHome(tmpdir()), throwAway: true });
  try {
    return await use(server.url);
  } finally {
    await server.stop();
  }
}

function schemaAt(revision: string): [string, string][] {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' });
  const files = git('ls-tree', '-r', '--name-only', revision, '--', 'prisma').split('\n');
  return files
    .filter((file) => file.endsWith('.prisma'))
    .map((file): [string, string] => [path.join(root, file), git('show', `${revision}:${file}`)]);
}

try {
  await main();
  process.exit(0);
} catch (error) {
  if (!(error instanceof PlainError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
