import { AppError } from '@rankloop/contracts';
import { explainDatabaseError } from '@rankloop/db';
import { Command } from 'commander';
import { z } from 'zod';
import { registerBackup } from './backup/backup.command.ts';
import { registerAdmin } from './commands/admin.command.ts';
import { registerCheckpoint } from './commands/checkpoint.command.ts';
import { registerCorpus } from './commands/corpus.command.ts';
import { registerDatasets } from './commands/dataset.command.ts';
import { registerInvite } from './commands/invite.command.ts';
import { registerLabeler } from './commands/labeler.command.ts';
import { registerLineage } from './commands/lineage.command.ts';
import { registerMigrate } from './commands/migrate.command.ts';
import { registerModel } from './commands/model.command.ts';
import { registerRound } from './commands/round.command.ts';
import { registerUser } from './commands/user.command.ts';
import { registerDemo } from './demo/demo.command.ts';

const program = new Command('rankloop').description('Administration of Rankloop.').showHelpAfterError();

/** One line per command file. */
for (const register of [
  registerAdmin,
  registerInvite,
  registerUser,
  registerDatasets,
  registerModel,
  registerCheckpoint,
  registerLineage,
  registerLabeler,
  registerCorpus,
  registerRound,
  registerBackup,
  registerMigrate,
  registerDemo,
])
  register(program);

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
});

/** A sentence for the person at the terminal. */
function explain(error: unknown): string {
  if (error instanceof z.ZodError) {
    return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n');
  }
  if (error instanceof AppError) return error.message;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const url = process.env['DATABASE_URL'] ?? '';
  const aboutDatabase = code === undefined ? undefined : explainDatabaseError(error, url);
  return aboutDatabase ?? (error instanceof Error ? error.message : String(error));
}
