import { Email, Role } from '@rankloop/contracts';
import { createInvitation } from '@rankloop/core';
import type { Command } from 'commander';
import { z } from 'zod';
import { withContext } from '../context.ts';
import { getFirstSiteAdmin, getProjectBySlug } from '../find.ts';

const Options = z.object({
  project: z.string(),
  role: Role,
  email: Email.optional(),
  hours: z.coerce
    .number()
    .int()
    .min(1)
    .max(24 * 30),
});

export function registerInvite(program: Command): void {
  program
    .command('invite')
    .description('make a single-use invitation link')
    .requiredOption('--project <slug>', 'the project, as it stands in its address')
    .option('--role <role>', Role.options.join(', '), 'labeler')
    .option('--email <email>', 'only this e-mail may use the link')
    .option('--hours <hours>', 'how long the link works', '72')
    .action(async (raw: unknown) => {
      const { project, role, email, hours } = Options.parse(raw);
      await withContext(async ({ config, db }) => {
        const { id: projectId } = await getProjectBySlug(db, project);
        const actor = await getFirstSiteAdmin(db);
        const link = await createInvitation({ db, actor, projectId, role, email, expiresInHours: hours });
        console.log(`${new URL(config.publicUrl).origin}${link.path}`);
        console.log(`Works once, until ${link.expiresAt}. It is not shown again.`);
      });
    });
}
