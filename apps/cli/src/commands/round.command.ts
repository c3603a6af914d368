import { Id, ROUND_PRESETS, RoundPreset, type RoundConfig, type RoundDetail } from '@rankloop/contracts';
import { cancelRound, getRound, listRounds, startRound } from '@rankloop/core';
import type { Db } from '@rankloop/db';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { z } from 'zod';
import { withContext } from '../context.ts';
import { getProjectBySlug } from '../find.ts';
import { readRoundFile } from './read-round-file.ts';

const NOBODY = { userId: null };
const LISTED = 50;

const StartOptions = z.object({
  project: z.string(),
  file: z.string().optional(),
  preset: RoundPreset.optional(),
  snapshot: Id.optional(),
  checkpoint: Id.optional(),
});
const ListOptions = z.object({ project: z.string() });

export function registerRound(program: Command): void {
  const round = program.command('round').description('rounds of training: stages in a row, written as YAML');
  round
    .command('start')
    .description('start a round; a worker runs it')
    .requiredOption('--project <slug>', 'the project')
    .option(
      '-f, --file <file>',
      'stages and settings as YAML; absent: the preset, or the defaults of the project',
    )
    .option('--preset <name>', RoundPreset.options.join(', '))
    .option('--snapshot <id>', 'an existing snapshot; absent: a new one of all judgements up to now')
    .option('--checkpoint <id>', 'the policy to begin from; absent: the one in use')
    .action((raw: unknown) => startFrom(StartOptions.parse(raw)));
  round
    .command('list')
    .description('the rounds of a project, newest first')
    .requiredOption('--project <slug>', 'the project')
    .action((raw: unknown) => listOf(ListOptions.parse(raw).project));
  round
    .command('show <id>')
    .description('how a round stands, stage by stage')
    .action((id: string) => withRound(id, ({ detail }) => console.log(inWords(detail))));
  round
    .command('config <id>')
    .description('the exact stages and settings of a round as YAML, to start another with -f')
    .action((id: string) =>
      withRound(id, ({ detail }) => process.stdout.write(stringify(detail.config, { lineWidth: 0 }))),
    );
  round
    .command('cancel <id>')
    .description('stop a round; the policy in use stays')
    .action((id: string) =>
      withRound(id, async ({ db, projectId, detail }) => {
        await cancelRound({ prisma: db.prisma, projectId, roundId: detail.id, actor: NOBODY });
        const { state, number } = await getRound({ prisma: db.prisma, projectId, roundId: detail.id });
        console.log(`Round ${number} is ${state}.`);
      }),
    );
}

function startFrom(options: z.infer<typeof StartOptions>): Promise<void> {
  return withContext(async ({ db }) => {
    const { id: projectId } = await getProjectBySlug(db, options.project);
    const round = await startRound({
      prisma: db.prisma,
      projectId,
      actor: NOBODY,
      snapshotId: options.snapshot,
      baseCheckpointId: options.checkpoint,
      config: await chosenConfig(options),
    });
    console.log(`Round ${round.number} waits for a worker: ${round.id}`);
  });
}

/** Undefined: the defaults of the project. */
async function chosenConfig({
  file,
  preset,
}: z.infer<typeof StartOptions>): Promise<RoundConfig | undefined> {
  if (file !== undefined && preset !== undefined) throw new Error('Give a file or a preset, not both.');
  if (file !== undefined) return readRoundFile(file);
  return preset && ROUND_PRESETS[preset].config;
}

function listOf(slug: string): Promise<void> {
  return withContext(async ({ db }) => {
    const { id: projectId, name } = await getProjectBySlug(db, slug);
    const { items } = await listRounds({ prisma: db.prisma, projectId, limit: LISTED });
    if (items.length === 0) console.log(`${name} has no round yet.`);
    for (const { number, id, state, recipe, createdAt } of items)
      console.log(
        `${String(number).padStart(4)}  ${id}  ${state.padEnd(10)} ${recipe.padEnd(10)} ${createdAt}`,
      );
  });
}

interface FoundRound {
  db: Db;
  projectId: string;
  detail: RoundDetail;
}

/** @throws Error for an id that is none, or of no round */
function withRound(id: string, work: (found: FoundRound) => unknown): Promise<void> {
  return withContext(async ({ db }) => {
    const row = Id.safeParse(id).success ? await db.prisma.round.findUnique({ where: { id } }) : null;
    if (!row)
      throw new Error(
        `There is no round ${id}. See its id with: npm run rankloop -- round list --project <slug>`,
      );
    const { projectId } = row;
    const detail = await getRound({ prisma: db.prisma, projectId, roundId: id });
    await work({ db, projectId, detail });
  });
}

function inWords(round: RoundDetail): string {
  const { number, id, state, reason, report, stages, checkpoints } = round;
  const share = (value: number) => `${(value * 100).toFixed(1)} %`;
  const interval = ({ value, low, high }: { value: number; low: number; high: number }) =>
    `${share(value)} (${share(low)} to ${share(high)})`;
  return [
    `Round ${number}  ${id}  ${state}${reason === null ? '' : `: ${reason}`}`,
    ...stages.map(
      ({ name, recipe, state: at, step, totalSteps }) =>
        `  ${name.padEnd(16)} ${(recipe ?? '').padEnd(10)} ${at}${totalSteps > 0 ? `  ${step} of ${totalSteps}` : ''}`,
    ),
    ...(report.rewardAccuracy ? [`Held-out accuracy  ${interval(report.rewardAccuracy)}`] : []),
    ...(report.winRate
      ? [`Win rate over the base  ${interval(report.winRate)}, judge: ${report.winRate.judge}`]
      : []),
    ...checkpoints.map(
      ({ name, kind, promotedAt }) =>
        `${kind}: ${name}${promotedAt === null ? '' : `, was put in use ${promotedAt}`}`,
    ),
  ].join('\n');
}
