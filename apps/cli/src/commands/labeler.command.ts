import type { LabelerLineage } from '@rankloop/contracts';
import { excludeLabeler, includeLabeler } from '@rankloop/core';
import type { Command } from 'commander';
import { z } from 'zod';
import { withContext } from '../context.ts';
import { getLabelerByPseudonym, getProjectBySlug } from '../find.ts';
import { taughtInWords } from '../lineage-in-words.ts';

const NOBODY = { userId: null };
const OfProject = z.object({ project: z.string() });
const ExcludeOptions = OfProject.extend({ reason: z.string().trim().min(1).max(500) });

export function registerLabeler(program: Command): void {
  const labeler = program.command('labeler').description('whose judgements later snapshots hold');
  labeler
    .command('exclude <pseudonym>')
    .description('leave a labeler out of later snapshots, and say what learned from them before')
    .requiredOption('--project <slug>', 'the project')
    .requiredOption('--reason <text>', 'why; people see it')
    .action((pseudonym: string, raw: unknown) => {
      const { project, reason } = ExcludeOptions.parse(raw);
      return change(project, pseudonym, (who) => excludeLabeler({ ...who, actor: NOBODY, reason }));
    });
  labeler
    .command('include <pseudonym>')
    .description('take a labeler into later snapshots again')
    .requiredOption('--project <slug>', 'the project')
    .action((pseudonym: string, raw: unknown) =>
      change(OfProject.parse(raw).project, pseudonym, (who) => includeLabeler({ ...who, actor: NOBODY })),
    );
}

type Who = Omit<Parameters<typeof includeLabeler>[0], 'actor'>;

function change(slug: string, pseudonym: string, work: (who: Who) => Promise<LabelerLineage>): Promise<void> {
  return withContext(async ({ db }) => {
    const { id: projectId } = await getProjectBySlug(db, slug);
    const { userId } = await getLabelerByPseudonym(db, projectId, pseudonym);
    const lineage = await work({ prisma: db.prisma, projectId, userId });
    const state = lineage.excluded ? 'left out of later snapshots' : 'in later snapshots';
    console.log(`${pseudonym} is ${state}.\n${taughtInWords(lineage)}`);
  });
}
