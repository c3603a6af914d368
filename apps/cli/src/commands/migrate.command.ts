import { migrateDeploy } from '@rankloop/db';
import type { Command } from 'commander';
import { withContext } from '../context.ts';

export function registerMigrate(program: Command): void {
  program
    .command('migrate')
    .description('bring the database up to this version')
    .action(() =>
      withContext(async ({ config }) => {
        const applied = await migrateDeploy({ url: config.databaseUrl });
        console.log(applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.join(', ')}.`);
      }),
    );
}
