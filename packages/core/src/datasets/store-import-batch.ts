import type { FormSpec } from '@rankloop/contracts';
import type { PoolClient } from '@rankloop/db';
import { FIND_PROMPTS_SQL, FIND_TASKS_SQL, LOCK_PROJECT_SQL, WRITE_BATCH_SQL } from './import-batch.sql.ts';
import {
  planImportBatch,
  taskKeyOf,
  type BatchRow,
  type KnownRows,
  type TaskContent,
} from './plan-import-batch.ts';

export interface BatchContext {
  projectId: string;
  importId: string;
  formVersionId: string;
  form: FormSpec;
  overlap: number;
  /** The account that stands for the people behind the file; null: ranks in the file are left out. */
  importedLabelerId: string | null;
}

export interface StoredBatch {
  tasksCreated: number;
  promptsCreated: number;
  judgementsCreated: number;
  duplicates: number;
}

/**
 * Stores a batch in the transaction of `client`; rows that are already there count as duplicates, and those whose id
 * belongs to something else are given back. Two imports into one
 * project take turns batch by batch, so the later one sees the rows of the earlier one.
 */
export async function storeImportBatch(
  client: PoolClient,
  context: BatchContext,
  batch: readonly BatchRow[],
): Promise<StoredBatch & { conflicts: readonly BatchRow[] }> {
  const { projectId, importId, formVersionId, overlap, importedLabelerId } = context;
  await client.query(LOCK_PROJECT_SQL, [projectId]);
  const known = await findKnownRows(client, projectId, batch);
  const rows = planImportBatch(batch, known, { withJudgements: importedLabelerId !== null });
  const lists = [rows.prompts, rows.tasks, rows.outputs, rows.judgements];
  await client.query({
    name: 'write_import_batch',
    text: WRITE_BATCH_SQL,
    values: [
      projectId,
      importId,
      formVersionId,
      overlap,
      importedLabelerId,
      ...lists.map((list) => JSON.stringify(list)),
    ],
  });
  return {
    tasksCreated: rows.tasks.length,
    promptsCreated: rows.prompts.length,
    judgementsCreated: rows.judgements.length,
    duplicates: rows.duplicates,
    conflicts: rows.conflicts,
  };
}

// Not prepared by name: a plan made while the tables were empty would read all of them for every batch to come.
async function findKnownRows(
  client: PoolClient,
  projectId: string,
  batch: readonly BatchRow[],
): Promise<KnownRows> {
  const isTask = ({ row }: BatchRow) => row.responses.length > 0;
  const hasId = ({ row }: BatchRow) => row.externalId !== null;
  const tasks = batch.filter(isTask);
  const found = await client.query<{ key: string } & TaskContent>(FIND_TASKS_SQL, [
    projectId,
    tasks.filter(hasId).map(taskKeyOf),
    tasks.filter((item) => !hasId(item)).map(taskKeyOf),
  ]);
  const promptIds = batch.filter((item) => !isTask(item)).flatMap(({ row }) => row.externalId ?? []);
  const contentHashes = batch
    .filter((item) => isTask(item) || !hasId(item))
    .map(({ contentHash }) => contentHash);
  const { rows: prompts } = await client.query<{
    id: string;
    externalId: string | null;
    contentHash: string;
  }>(FIND_PROMPTS_SQL, [projectId, promptIds, contentHashes]);
  const known: KnownRows = {
    tasks: new Map(found.rows.map(({ key, ...content }) => [key, content])),
    promptsByExternalId: new Map(),
    promptsByContent: new Map(),
  };
  for (const { id, externalId, contentHash } of prompts) {
    if (externalId === null) known.promptsByContent.set(contentHash, id);
    else known.promptsByExternalId.set(externalId, { id, contentHash });
  }
  return known;
}
