import { createHash, randomUUID } from 'node:crypto';
import type { FormSpec, ImportedRow } from '@rankloop/contracts';
import type { Db, Prisma } from '@rankloop/db';
import { canonicalJson } from '../labeling/body-hash.ts';

export interface BatchContext {
  projectId: string;
  importId: string;
  formVersionId: string;
  form: FormSpec;
  overlap: number;
  /** The account that stands for the people behind the file; null: ranks in the file are left out. */
  importedLabelerId: string | null;
}

export interface BatchRow {
  line: number;
  row: ImportedRow;
  rowHash: string;
}

export interface StoredBatch {
  tasksCreated: number;
  promptsCreated: number;
  judgementsCreated: number;
  duplicates: number;
  problems: { line: number; code: string; message: string }[];
}

/** Two imports of one file at once meet at the unique keys: the loser looks again and finds duplicates. */
const MAX_TRIES = 5;

/** Stores a batch in one transaction; rows that are already there count as duplicates. */
export async function storeImportBatch(
  prisma: Db['prisma'],
  context: BatchContext,
  batch: readonly BatchRow[],
): Promise<StoredBatch> {
  const problems = batch.flatMap(({ line, row }) => {
    const message = explainMisfit(context.form, row);
    return message === null ? [] : [{ line, code: 'wrong_count', message }];
  });
  const fitting = batch.filter(({ row }) => explainMisfit(context.form, row) === null);
  if (fitting.length === 0) {
    return { tasksCreated: 0, promptsCreated: 0, judgementsCreated: 0, duplicates: 0, problems };
  }
  for (let attempt = 1; ; attempt++) {
    try {
      const plan = await planBatch(prisma, context, fitting);
      await prisma.$transaction(plan.writes);
      return { ...plan.counts, problems };
    } catch (error) {
      const isTaken = error instanceof Error && 'code' in error && error.code === 'P2002';
      if (!isTaken || attempt >= MAX_TRIES) throw error;
    }
  }
}

function explainMisfit(form: FormSpec, row: ImportedRow): string | null {
  const count = row.responses.length;
  if (count === 0) return null;
  if (form.comparison && count !== 2) {
    return `This project compares two outputs; this row has ${count}`;
  }
  if (form.ranking && count < 2) return 'This project ranks outputs; this row has only one';
  return null;
}

interface Plan {
  writes: Prisma.PrismaPromise<unknown>[];
  counts: Omit<StoredBatch, 'problems'>;
}

async function planBatch(
  prisma: Db['prisma'],
  context: BatchContext,
  batch: readonly BatchRow[],
): Promise<Plan> {
  const { projectId, importId, formVersionId, overlap } = context;
  const known = await readKnown(prisma, projectId, batch);
  const rows = emptyRows();
  let duplicates = 0;
  for (const { row, rowHash } of batch) {
    const isTask = row.responses.length > 0;
    const taskKey = row.externalId ?? rowHash;
    if (isTask && known.tasks.has(taskKey)) {
      duplicates++;
      continue;
    }
    const { promptId, isNew } = findOrAddPrompt(known, rows, projectId, row, isTask);
    if (!isTask) {
      if (!isNew) duplicates++;
      continue;
    }
    known.tasks.add(taskKey);
    const taskId = randomUUID();
    const completionIds = row.responses.map(() => randomUUID());
    rows.tasks.push({
      id: taskId,
      projectId,
      promptId,
      formVersionId,
      externalId: row.externalId,
      rowHash: row.externalId === null ? rowHash : null,
      need: overlap,
      importId,
    });
    row.responses.forEach((response, position) => {
      const id = completionIds[position] ?? '';
      const { text, modelName, externalId } = response;
      rows.completions.push({
        id,
        projectId,
        promptId,
        externalId,
        text,
        textHash: sha256(text),
        source: 'imported',
        modelName,
      });
      rows.links.push({ taskId, position, completionId: id });
    });
    for (let i = 0; i < overlap; i++) rows.slots.push({ projectId, taskId });
    addImportedJudgement(context, rows, { taskId, completionIds, ranks: row.ranks });
  }
  return {
    writes: [
      prisma.prompt.createMany({ data: rows.prompts }),
      prisma.completion.createMany({ data: rows.completions }),
      prisma.task.createMany({ data: rows.tasks }),
      prisma.taskCompletion.createMany({ data: rows.links }),
      prisma.slot.createMany({ data: rows.slots }),
      prisma.lease.createMany({ data: rows.leases }),
      prisma.judgement.createMany({ data: rows.judgements }),
    ],
    counts: {
      tasksCreated: rows.tasks.length,
      promptsCreated: rows.prompts.length,
      judgementsCreated: rows.judgements.length,
      duplicates,
    },
  };
}

interface NewRows {
  prompts: Prisma.PromptCreateManyInput[];
  completions: Prisma.CompletionCreateManyInput[];
  tasks: Prisma.TaskCreateManyInput[];
  links: Prisma.TaskCompletionCreateManyInput[];
  slots: Prisma.SlotCreateManyInput[];
  leases: Prisma.LeaseCreateManyInput[];
  judgements: Prisma.JudgementCreateManyInput[];
}

function emptyRows(): NewRows {
  return { prompts: [], completions: [], tasks: [], links: [], slots: [], leases: [], judgements: [] };
}

interface Known {
  /** External ids and row hashes of tasks. */
  tasks: Set<string>;
  promptsByExternalId: Map<string, string>;
  promptsByContent: Map<string, string>;
}

async function readKnown(
  prisma: Db['prisma'],
  projectId: string,
  batch: readonly BatchRow[],
): Promise<Known> {
  const externalIds = batch.flatMap(({ row }) => (row.externalId === null ? [] : [row.externalId]));
  const rowHashes = batch.map(({ rowHash }) => rowHash);
  const contentHashes = batch.map(({ row }) => contentHash(row));
  const [tasks, prompts] = await Promise.all([
    prisma.task.findMany({
      where: { projectId, OR: [{ externalId: { in: externalIds } }, { rowHash: { in: rowHashes } }] },
      select: { externalId: true, rowHash: true },
    }),
    prisma.prompt.findMany({
      where: {
        projectId,
        OR: [{ externalId: { in: externalIds } }, { externalId: null, contentHash: { in: contentHashes } }],
      },
      select: { id: true, externalId: true, contentHash: true },
    }),
  ]);
  return {
    tasks: new Set(tasks.flatMap((task) => [task.externalId, task.rowHash]).filter((key) => key !== null)),
    promptsByExternalId: new Map(
      prompts.flatMap((p) => (p.externalId === null ? [] : [[p.externalId, p.id]])),
    ),
    promptsByContent: new Map(prompts.flatMap((p) => (p.externalId === null ? [[p.contentHash, p.id]] : []))),
  };
}

/** A prompt row is known by its external id; the prompt of a task by its content, so that tasks share it. */
function findOrAddPrompt(
  known: Known,
  rows: NewRows,
  projectId: string,
  row: ImportedRow,
  isTask: boolean,
): { promptId: string; isNew: boolean } {
  const hash = contentHash(row);
  const externalId = isTask ? null : row.externalId;
  const existing =
    externalId === null ? known.promptsByContent.get(hash) : known.promptsByExternalId.get(externalId);
  if (existing !== undefined) return { promptId: existing, isNew: false };
  const id = randomUUID();
  rows.prompts.push({
    id,
    projectId,
    externalId,
    contentHash: hash,
    source: 'imported',
    useCase: row.useCase,
    conversation: row.conversation,
    // Came through JSON.parse, so it is JSON.
    metadata: row.metadata as Prisma.InputJsonObject,
  });
  if (externalId === null) known.promptsByContent.set(hash, id);
  else known.promptsByExternalId.set(externalId, id);
  return { promptId: id, isNew: true };
}

function addImportedJudgement(
  context: BatchContext,
  rows: NewRows,
  task: { taskId: string; completionIds: readonly string[]; ranks: readonly (number | null)[] | null },
): void {
  const { importedLabelerId: labelerId, projectId, formVersionId } = context;
  if (labelerId === null || task.ranks === null) return;
  const now = new Date();
  const leaseId = randomUUID();
  const shownOrder = [...task.completionIds];
  const ranks = Object.fromEntries(shownOrder.map((id, i) => [id, task.ranks?.[i] ?? null]));
  rows.leases.push({
    id: leaseId,
    projectId,
    taskId: task.taskId,
    labelerId,
    state: 'submitted',
    shownOrder,
    claimedAt: now,
    expiresAt: now,
    submittedAt: now,
  });
  rows.judgements.push({
    leaseId,
    revision: 1,
    projectId,
    taskId: task.taskId,
    labelerId,
    source: 'imported',
    outcome: 'ok',
    shownOrder,
    ranks,
    activeMs: 0,
    formVersionId,
    // People here may still judge the task: an imported answer does not fill a slot.
    counts: false,
    bodyHash: sha256(canonicalJson(ranks)),
  });
}

function contentHash(row: ImportedRow): string {
  return sha256(canonicalJson(row.conversation));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
