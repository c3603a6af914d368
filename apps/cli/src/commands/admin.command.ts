import { Email, Password } from '@rankloop/contracts';
import { createSiteAdmin } from '@rankloop/core';
import type { Command } from 'commander';
import { z } from 'zod';
import { withContext } from '../context.ts';
import { ask } from '../prompt.ts';

const Options = z.object({ email: z.string().optional(), name: z.string().optional() });
const Account = z.object({ name: z.string().trim().min(1).max(100), email: Email, password: Password });

export function registerAdmin(program: Command): void {
  program
    .command('admin')
    .description('site admins')
    .command('create')
    .description('make a site admin; asks for what is not given, and always for the password')
    .option('--email <email>')
    .option('--name <name>')
    .action(async (raw: unknown) => {
      const options = Options.parse(raw);
      const email = options.email ?? (await ask('E-mail: '));
      const name = options.name ?? (await ask('Name: '));
      const password = await ask('Password (at least 12 characters): ', { hidden: true });
      const account = Account.parse({ name, email, password });
      await withContext(({ db }) => createSiteAdmin(db, account));
      console.log(`${account.email} is a site admin now.`);
    });
}
