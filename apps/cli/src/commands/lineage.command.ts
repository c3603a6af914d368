import { Id } from '@rankloop/contracts';
import {
  checkLineage,
  findCheckpoint,
  getCheckpointLineage,
  traceJudgement,
  traceLabeler,
} from '@rankloop/core';
import type { Command } from 'commander';
import { z } from 'zod';
import { withContext } from '../context.ts';
import { getLabelerByPseudonym, getProjectBySlug } from '../find.ts';
import { lineageInWords, reportInWords, taughtInWords } from '../lineage-in-words.ts';

const Options = z.object({
  project: z.string(),
  judgement: Id.optional(),
  labeler: z.string().optional(),
  all: z.boolean(),
  json: z.boolean(),
});
/** More than there could be. */
const EVERYTHING = 1_000_000_000;

type Options = z.infer<typeof Options>;

export function registerLineage(program: Command): void {
  program
    .command('lineage [checkpoint]')
    .description('what a checkpoint comes from, every hash computed anew; or what somebody has taught')
    .requiredOption('--project <slug>', 'the project')
    .option('--judgement <id>', 'instead: every checkpoint that a judgement taught')
    .option('--labeler <pseudonym>', 'instead: every checkpoint that a labeler taught')
    .option('--all', 'long lists to their end', false)
    .option('--json', 'for programs', false)
    .action((checkpoint: string | undefined, raw: unknown) => show(checkpoint, Options.parse(raw)));
}

function show(checkpoint: string | undefined, options: Options): Promise<void> {
  const { judgement: judgementId, labeler } = options;
  const asked = [checkpoint, judgementId, labeler].filter((one) => one !== undefined);
  if (asked.length > 1) throw new Error('Name a checkpoint, a judgement or a labeler, one of them.');
  return withContext(async ({ config, db }) => {
    const { prisma } = db;
    const { id: projectId } = await getProjectBySlug(db, options.project);
    const key = { prisma, projectId, ...(options.all && { limit: EVERYTHING }) };
    if (judgementId !== undefined) {
      const lineage = await traceJudgement({ ...key, judgementId });
      print(
        options,
        lineage,
        `Judgement ${judgementId} by ${lineage.labeler.pseudonym}, lease ${lineage.leaseId}`,
        taughtInWords(lineage),
      );
      return;
    }
    if (labeler !== undefined) {
      const { userId } = await getLabelerByPseudonym(db, projectId, labeler);
      const lineage = await traceLabeler({ ...key, userId });
      print(options, lineage, `${labeler}: ${lineage.judgements} judgements`, taughtInWords(lineage));
      return;
    }
    const { id: checkpointId } = await findCheckpoint({ ...key, checkpoint });
    const lineage = await getCheckpointLineage({ ...key, checkpointId });
    const report = await checkLineage({ ...key, checkpointId, dataDir: config.dataDir, scope: 'all' });
    print(options, { ...lineage, report }, lineageInWords(lineage), reportInWords(report));
    if (!report.matches) process.exitCode = 1;
  });
}

function print({ json }: Options, value: unknown, ...lines: string[]): void {
  console.log(json ? JSON.stringify(value, null, 2) : lines.join('\n'));
}
