import { addPolicyCheckpoint, exportCheckpoint } from '@rankloop/core';
import type { Command } from 'commander';
import { z } from 'zod';
import { withContext } from '../context.ts';
import { getProjectBySlug } from '../find.ts';

const AddOptions = z.object({
  project: z.string(),
  name: z.string().trim().min(1).max(100).optional(),
  promote: z.boolean(),
});
const ExportOptions = z.object({ project: z.string(), checkpoint: z.string().trim().min(1).optional() });

export function registerModel(program: Command): void {
  const model = program.command('model').description('the models that rounds improve');
  model
    .command('add <folder>')
    .description(
      'take a GPT-2, Llama or Qwen2 folder in Hugging Face layout into a project, as the base of its rounds',
    )
    .requiredOption('--project <slug>', 'the project')
    .option('--name <name>', 'what people see; the name of the folder when absent')
    .option('--promote', 'use it from now on, although the project has a policy', false)
    .action((folder: string, raw: unknown) => addModel(folder, AddOptions.parse(raw)));
  model
    .command('export <folder>')
    .description('write a policy or reward model of a project as a Hugging Face folder')
    .requiredOption('--project <slug>', 'the project')
    .option('--checkpoint <name>', 'its name or id; the policy in use when absent')
    .action((folder: string, raw: unknown) => exportModel(folder, ExportOptions.parse(raw)));
}

function addModel(folder: string, options: z.infer<typeof AddOptions>): Promise<void> {
  return withContext(async ({ config, db }) => {
    const { project: slug, name, promote } = options;
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
  });
}

function exportModel(folder: string, options: z.infer<typeof ExportOptions>): Promise<void> {
  return withContext(async ({ config, db }) => {
    const { project: slug, checkpoint } = options;
    const { id: projectId } = await getProjectBySlug(db, slug);
    const { prisma } = db;
    const exported = await exportCheckpoint({
      prisma,
      dataDir: config.dataDir,
      projectId,
      checkpoint,
      folder,
    });
    console.log(`${exported.name} was written to ${folder}.`);
  });
}
