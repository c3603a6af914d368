import type { Command } from 'commander';
import { withContext } from '../context.ts';
import { createBackup } from './create-backup.ts';
import { restoreBackup } from './restore-backup.ts';

/** Progress is for people: it does not belong into a command's output. */
const say = (sentence: string): void => {
  process.stderr.write(`${sentence}\n`);
};

export function registerBackup(program: Command): void {
  program
    .command('backup <file>')
    .description('write database and checkpoints into one .tar.gz, while the product goes on')
    .action((file: string) =>
      withContext(async ({ config }) => {
        const { databaseUrl, dataDir } = config;
        const { tables, files } = await createBackup({ databaseUrl, dataDir, file, say });
        const rows = tables.reduce((sum, table) => sum + table.rows, 0);
        console.log(`${file}: ${rows} rows of ${tables.length} tables, ${files.length} files.`);
      }),
    );
  program
    .command('restore <file>')
    .description('put a backup into an empty database')
    .option('--replace', 'lose everything that the database holds now', false)
    .action((file: string, { replace }: { replace: boolean }) =>
      withContext(async ({ config }) => {
        const { databaseUrl, dataDir } = config;
        const { tables, files, createdAt } = await restoreBackup({
          databaseUrl,
          dataDir,
          file,
          replace,
          say,
        });
        const rows = tables.reduce((sum, table) => sum + table.rows, 0);
        console.log(`Restored the backup of ${createdAt}: ${rows} rows, ${files.length} files.`);
      }),
    );
}
