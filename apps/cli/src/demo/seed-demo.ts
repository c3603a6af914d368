import { mkdir } from 'node:fs/promises';
import {
  createCorpusIn,
  createPolicyIn,
  createProjectIn,
  storeCorpus,
  storeModelFolder,
} from '@rankloop/core';
import type { Prisma } from '@rankloop/db';
import { baseModelDir, demoProject, generateCorpus } from '@rankloop/demo';
import type { CliContext } from '../context.ts';
import { prepareDemoAccounts, readDemoSignIns, type DemoSignIn } from './demo-accounts.ts';
import { buildDemoRows } from './demo-rows.ts';

const SLUG = 'friendly-reviews';
const ROWS_PER_INSERT = 500;
/** The first of the texts that the base model was trained on. */
const CORPUS = { seed: 1, count: 4000 };

/** Loads the demo project whole or not at all; a second call only says again how to sign in. */
export async function seedDemo(context: CliContext): Promise<DemoSignIn[]> {
  const { config, db } = context;
  const known = await readDemoSignIns(context);
  if (known !== undefined) return known;
  await mkdir(config.dataDir, { recursive: true });
  const found = await db.prisma.project.findFirst({ where: { isDemo: true }, select: { id: true } });
  const projectId = found?.id ?? (await createDemoProject(context));
  return prepareDemoAccounts(context, projectId);
}

async function createDemoProject({ config, db }: CliContext): Promise<string> {
  const stored = await storeModelFolder(config.dataDir, baseModelDir, 'demo-base');
  const texts = generateCorpus(CORPUS).map(({ prompt, completion }) => prompt + completion);
  const corpus = await storeCorpus(config.dataDir, texts);
  return db.prisma.$transaction(
    async (tx) => {
      const projectId = await createProjectIn(tx, {
        actor: { userId: null },
        slug: SLUG,
        name: demoProject.name,
        description: demoProject.description,
        form: demoProject.form,
        guideline: demoProject.guidelineMarkdown,
        overlap: demoProject.overlap,
        isDemo: true,
      });
      const checkpointId = await createPolicyIn(tx, { projectId, name: 'Base', stored, isCurrent: true });
      await createTexts(tx, projectId, checkpointId);
      await createCorpusIn(tx, {
        projectId,
        name: 'reviews',
        texts: texts.length,
        stored: corpus,
        actor: { userId: null },
      });
      return projectId;
    },
    { timeout: 120_000 },
  );
}

async function createTexts(
  tx: Prisma.TransactionClient,
  projectId: string,
  checkpointId: string,
): Promise<void> {
  const form = await tx.formVersion.findFirstOrThrow({ where: { projectId } });
  const rows = buildDemoRows({ projectId, checkpointId, formVersionId: form.id });
  for (const data of chunks(rows.prompts)) await tx.prompt.createMany({ data });
  for (const data of chunks(rows.completions)) await tx.completion.createMany({ data });
  for (const data of chunks(rows.tasks)) await tx.task.createMany({ data });
  for (const data of chunks(rows.links)) await tx.taskCompletion.createMany({ data });
  for (const data of chunks(rows.slots)) await tx.slot.createMany({ data });
}

function* chunks<T>(rows: readonly T[]): Generator<T[]> {
  for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
    yield rows.slice(start, start + ROWS_PER_INSERT);
  }
}
