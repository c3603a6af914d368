import { addPolicyCheckpoint } from '@rankloop/core';
import type { Command } from 'commander';
import { z } from 'zod';
import { withContext } from '../context.ts';
import { getProjectBySlug } from '../find.ts';

const Options = z.object({
  project: z.string(),
  name: z.string().trim().min(1).max(100).optional(),
  promote: z.boolean(),
});

export function registerModel(program: Command): void {
  program
    .command('model')
    .description('the models that rounds improve')
    .command('add <folder>')
    .description(
      'take a GPT-2, Llama or Qwen2 folder in Hugging Face layout into a project, as the base of its rounds',
    )
    .requiredOption('--project <slug>', 'the project')
    .option('--name <name>', 'what people see; the name of the folder when absent')
    .option('--promote', 'use it from now on, although the project has a policy', false)
    .action((folder: string, raw: unknown) =>
      withContext(async ({ config, db }) => {
        const { project: slug, name, promote } = Options.parse(raw);
        const project = await getProjectBySlug(db, slug);
        const added = await addPolicyCheckpoint({
          prisma: db.prisma,
          dataDir: config.dataDir,
          actor: { userId: null },
          projectId: project.id,
          folder,
          name,
          promote,
        });
        const use = added.isCurrent ? 'It is the policy in use.' : 'Rounds can start from it.';
        console.log(`${added.name} was added to ${project.name}. ${use}`);
      }),
    );
}
