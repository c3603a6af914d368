import { createPasswordReset, disableUser, enableUser } from '@rankloop/core';
import type { Command } from 'commander';
import { withContext } from '../context.ts';
import { getFirstSiteAdmin, getUserByEmail } from '../find.ts';

const NOBODY = { userId: null };

export function registerUser(program: Command): void {
  const user = program.command('user').description('people with an account');
  user
    .command('disable <email>')
    .description('end sessions, tokens, leases and streams of a person at once')
    .action((email: string) =>
      withContext(async ({ db }) => {
        await disableUser({ db, actor: NOBODY, userId: (await getUserByEmail(db, email)).id });
        console.log(`${email} is disabled.`);
      }),
    );
  user
    .command('enable <email>')
    .description('let a disabled person sign in again')
    .action((email: string) =>
      withContext(async ({ db }) => {
        await enableUser({ db, actor: NOBODY, userId: (await getUserByEmail(db, email)).id });
        console.log(`${email} may sign in again.`);
      }),
    );
  user
    .command('reset <email>')
    .description('make a single-use link to set a new password')
    .action((email: string) =>
      withContext(async ({ config, db }) => {
        const { id: userId } = await getUserByEmail(db, email);
        const link = await createPasswordReset({ db, actor: await getFirstSiteAdmin(db), userId });
        console.log(`${new URL(config.publicUrl).origin}${link.path}`);
        console.log(`Works once, until ${link.expiresAt}. It is not shown again.`);
      }),
    );
}
