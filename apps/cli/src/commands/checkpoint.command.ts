import { RetentionSettings, type CheckpointStorage } from '@rankloop/contracts';
import { getCheckpointStorage, pruneCheckpoints, updateRetention } from '@rankloop/core';
import type { Command } from 'commander';
import { z } from 'zod';
import { withContext, type CliContext } from '../context.ts';
import { getProjectBySlug } from '../find.ts';
import { bytesInWords, counted } from '../in-words.ts';

const NOBODY = { userId: null };
const OfProject = z.object({ project: z.string() });
const PruneOptions = OfProject.extend({ dryRun: z.boolean() });
const KeepOptions = OfProject.extend({
  last: z.coerce.number().optional(),
  best: z.coerce.number().optional(),
  promoted: z.enum(['yes', 'no']).optional(),
  auto: z.enum(['yes', 'no']).optional(),
});

export function registerCheckpoint(program: Command): void {
  const checkpoint = program.command('checkpoint').description('disk use of the checkpoints of a project');
  checkpoint
    .command('usage')
    .description('how much they take, what keeps its files, and what would be deleted')
    .requiredOption('--project <slug>', 'the project')
    .action((raw: unknown) => withProject(OfProject.parse(raw), showUsage));
  checkpoint
    .command('keep')
    .description('change which checkpoints keep their files; what is in use always does')
    .requiredOption('--project <slug>', 'the project')
    .option('--last <n>', 'the newest of each kind')
    .option('--best <n>', 'those of each kind with the highest win rate or held-out accuracy')
    .option('--promoted <yes|no>', 'policies that were in use once')
    .option('--auto <yes|no>', 'delete the files of the others by itself')
    .action((raw: unknown) => {
      const options = KeepOptions.parse(raw);
      return withProject(options, async (project) => {
        await changeSettings(project, options);
        await showUsage(project);
      });
    });
  checkpoint
    .command('prune')
    .description('delete the files of the checkpoints that are not kept; rows, cards and lineage stay')
    .requiredOption('--project <slug>', 'the project')
    .option('--dry-run', 'only say which', false)
    .action((raw: unknown) => {
      const options = PruneOptions.parse(raw);
      return withProject(options, options.dryRun ? showUsage : prune);
    });
}

interface OpenProject extends CliContext {
  projectId: string;
}

function withProject(
  { project: slug }: z.infer<typeof OfProject>,
  work: (project: OpenProject) => Promise<void>,
): Promise<void> {
  return withContext(async (context) => {
    const { id: projectId } = await getProjectBySlug(context.db, slug);
    await work({ ...context, projectId });
  });
}

async function changeSettings(
  { db, projectId }: OpenProject,
  options: z.infer<typeof KeepOptions>,
): Promise<void> {
  const { prisma } = db;
  const { settings } = await getCheckpointStorage({ prisma, projectId });
  await updateRetention({
    prisma,
    projectId,
    actor: NOBODY,
    settings: RetentionSettings.parse({
      isOn: options.auto === undefined ? settings.isOn : options.auto === 'yes',
      keepPromoted: options.promoted === undefined ? settings.keepPromoted : options.promoted === 'yes',
      keepLast: options.last ?? settings.keepLast,
      keepBest: options.best ?? settings.keepBest,
    }),
  });
}

async function showUsage({ db, projectId }: OpenProject): Promise<void> {
  console.log(inWords(await getCheckpointStorage({ prisma: db.prisma, projectId })));
}

async function prune({ config, db, projectId }: OpenProject): Promise<void> {
  const { dataDir } = config;
  const { items, freedBytes } = await pruneCheckpoints({
    prisma: db.prisma,
    dataDir,
    projectId,
    actor: NOBODY,
  });
  for (const { name } of items) console.log(`The files of ${name} were deleted.`);
  console.log(`${counted(items.length, 'checkpoint')} pruned, ${bytesInWords(freedBytes)} given back.`);
}

function inWords(storage: CheckpointStorage): string {
  const { settings, checkpoints, bytes, storedBytes, pruned, due } = storage;
  const { keepLast, keepBest, keepPromoted, isOn } = settings;
  return [
    `${counted(checkpoints, 'checkpoint')} with files: ${bytesInWords(storedBytes)} on the disk, ${bytesInWords(bytes)} without sharing.`,
    `${counted(pruned.checkpoints, 'checkpoint')} pruned: ${bytesInWords(pruned.bytes)}.`,
    `Kept: the newest ${keepLast} and the best ${keepBest} of each kind${keepPromoted ? ', what was in use once' : ''}, and always what is in use, taken by a round under way, or from outside.`,
    `The others are deleted ${isOn ? 'by themselves' : 'with: npm run rankloop -- checkpoint prune --project <slug>'}.`,
    ...due.items.map(({ name }) => `Not kept: ${name}`),
  ].join('\n');
}
