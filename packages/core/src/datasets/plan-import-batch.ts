import { createHash, randomUUID } from 'node:crypto';
import type { FormSpec, ImportedRow, Message } from '@rankloop/contracts';
import { canonicalJson } from '../labeling/body-hash.ts';

/** A row of the file on its way in. The hashes are what it is known by when it comes again. */
export interface BatchRow {
  row: ImportedRow;
  /** SHA-256 of the line, with the place of the row in it. */
  rowHash: string;
  /** SHA-256 of the canonical conversation. */
  contentHash: string;
}

/** What is in the project already, of all that a batch may bring. Grows while the batch is planned. */
export interface KnownRows {
  /** External ids and row hashes of tasks. */
  tasks: Set<string>;
  /** Prompt ids by external id. */
  promptsByExternalId: Map<string, string>;
  /** Ids of prompts without an external id, by the hash of their conversation. */
  promptsByContent: Map<string, string>;
}

export interface NewRows {
  prompts: {
    id: string;
    externalId: string | null;
    contentHash: string;
    useCase: string | null;
    conversation: Message[];
    metadata: Record<string, unknown>;
  }[];
  tasks: {
    id: string;
    promptId: string;
    externalId: string | null;
    rowHash: string | null;
    position: number;
  }[];
  outputs: {
    id: string;
    taskId: string;
    promptId: string;
    position: number;
    externalId: string | null;
    text: string;
    textHash: string;
    modelName: string | null;
  }[];
  judgements: {
    leaseId: string;
    taskId: string;
    shownOrder: string[];
    ranks: Record<string, number | null>;
    bodyHash: string;
  }[];
  duplicates: number;
}

export function toBatchRow(row: ImportedRow, rowHash: string): BatchRow {
  return { row, rowHash, contentHash: sha256(canonicalJson(row.conversation)) };
}

/** Why a row cannot become a task of this project, as a sentence; null when it can. */
export function explainMisfit(form: FormSpec, row: ImportedRow): string | null {
  const count = row.responses.length;
  if (count === 0) return null;
  if (form.comparison && count !== 2) {
    return `This project compares two outputs; this row has ${count}`;
  }
  if (form.ranking && count < 2) return 'This project ranks outputs; this row has only one';
  return null;
}

/** What a task or a prompt of the batch is looked up by. */
export const taskKeyOf = ({ row, rowHash }: BatchRow): string => row.externalId ?? rowHash;

/** The rows that a batch adds to what is there. What is known already counts as a duplicate. */
export function planImportBatch(
  batch: readonly BatchRow[],
  known: KnownRows,
  options: { withJudgements: boolean },
): NewRows {
  const rows: NewRows = { prompts: [], tasks: [], outputs: [], judgements: [], duplicates: 0 };
  for (const item of batch) {
    if (item.row.responses.length === 0) {
      if (!findOrAddPrompt(known, rows, item, item.row.externalId).isNew) rows.duplicates++;
    } else if (known.tasks.has(taskKeyOf(item))) {
      rows.duplicates++;
    } else {
      addTask(known, rows, item, options);
    }
  }
  return rows;
}

function addTask(
  known: KnownRows,
  rows: NewRows,
  item: BatchRow,
  { withJudgements }: { withJudgements: boolean },
): void {
  const { row, rowHash } = item;
  known.tasks.add(taskKeyOf(item));
  // Tasks share a prompt of the same content, whatever their own ids are.
  const { promptId } = findOrAddPrompt(known, rows, item, null);
  const id = randomUUID();
  const { externalId } = row;
  rows.tasks.push({
    id,
    promptId,
    externalId,
    rowHash: externalId === null ? rowHash : null,
    position: rows.tasks.length,
  });
  const outputs = row.responses.map((response, position) => ({
    ...response,
    id: randomUUID(),
    taskId: id,
    promptId,
    position,
    textHash: sha256(response.text),
  }));
  rows.outputs.push(...outputs);
  if (!withJudgements || row.ranks === null) return;
  const shownOrder = outputs.map((output) => output.id);
  const ranks = Object.fromEntries(shownOrder.map((outputId, i) => [outputId, row.ranks?.[i] ?? null]));
  const bodyHash = sha256(canonicalJson(ranks));
  rows.judgements.push({ leaseId: randomUUID(), taskId: id, shownOrder, ranks, bodyHash });
}

function findOrAddPrompt(
  known: KnownRows,
  rows: NewRows,
  { row, contentHash }: BatchRow,
  externalId: string | null,
): { promptId: string; isNew: boolean } {
  const [prompts, key] =
    externalId === null ? [known.promptsByContent, contentHash] : [known.promptsByExternalId, externalId];
  const existing = prompts.get(key);
  if (existing !== undefined) return { promptId: existing, isNew: false };
  const id = randomUUID();
  const { useCase, conversation, metadata } = row;
  rows.prompts.push({ id, externalId, contentHash, useCase, conversation, metadata });
  prompts.set(key, id);
  return { promptId: id, isNew: true };
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
