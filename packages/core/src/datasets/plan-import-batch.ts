import { createHash, randomUUID } from 'node:crypto';
import type { FormSpec, ImportedRow, Message } from '@rankloop/contracts';
import { canonicalJson } from '../labeling/body-hash.ts';

/** A row of the file on its way in. The hashes are what it is known by when it comes again. */
export interface BatchRow {
  /** Of the file, from 1. */
  line: number;
  row: ImportedRow;
  /** SHA-256 of the line, with the place of the row in it. */
  rowHash: string;
  /** SHA-256 of the canonical conversation. */
  contentHash: string;
}

/** What a task asks and shows. */
export interface TaskContent {
  contentHash: string;
  /** Of its outputs, in their order. */
  textHashes: string[];
}

/** What is in the project already, of all that a batch may bring. Grows while the batch is planned. */
export interface KnownRows {
  /** By external id, or by the hash of the row. */
  tasks: Map<string, TaskContent>;
  promptsByExternalId: Map<string, { id: string; contentHash: string }>;
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
  /** Rows whose id belongs to something else: they do not go in. */
  conflicts: BatchRow[];
}

export function toBatchRow(
  row: ImportedRow,
  { line, rowHash }: Pick<BatchRow, 'line' | 'rowHash'>,
): BatchRow {
  return { line, row, rowHash, contentHash: sha256(canonicalJson(row.conversation)) };
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
  const rows: NewRows = {
    prompts: [],
    tasks: [],
    outputs: [],
    judgements: [],
    duplicates: 0,
    conflicts: [],
  };
  for (const item of batch) {
    const isPrompt = item.row.responses.length === 0;
    const there = isPrompt ? findPrompt(known, item) : known.tasks.get(taskKeyOf(item));
    if (there === undefined) {
      if (isPrompt) addPrompt(known, rows, item, item.row.externalId);
      else addTask(known, rows, item, options);
    } else if (isSame(there, item)) {
      rows.duplicates++;
    } else {
      rows.conflicts.push(item);
    }
  }
  return rows;
}

/** A prompt that the row would be, with an id of its own or without. */
function findPrompt(
  known: KnownRows,
  { row, contentHash }: BatchRow,
): Pick<TaskContent, 'contentHash'> | undefined {
  if (row.externalId !== null) return known.promptsByExternalId.get(row.externalId);
  return known.promptsByContent.has(contentHash) ? { contentHash } : undefined;
}

/** Whether the row says what is there already; ranks may differ, as when a file comes again with more of them. */
function isSame(
  there: Partial<TaskContent> & Pick<TaskContent, 'contentHash'>,
  { row, contentHash }: BatchRow,
): boolean {
  // A row without an id was found by a hash of all that it says.
  if (row.externalId === null) return true;
  const { textHashes = [] } = there;
  return (
    there.contentHash === contentHash &&
    textHashes.length === row.responses.length &&
    row.responses.every(({ text }, i) => sha256(text) === textHashes[i])
  );
}

function addTask(
  known: KnownRows,
  rows: NewRows,
  item: BatchRow,
  { withJudgements }: { withJudgements: boolean },
): void {
  const { row, rowHash, contentHash } = item;
  // Tasks share a prompt of the same content, whatever their own ids are.
  const promptId = known.promptsByContent.get(contentHash) ?? addPrompt(known, rows, item, null);
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
  known.tasks.set(taskKeyOf(item), { contentHash, textHashes: outputs.map(({ textHash }) => textHash) });
  if (!withJudgements || row.ranks === null) return;
  const shownOrder = outputs.map((output) => output.id);
  const ranks = Object.fromEntries(shownOrder.map((outputId, i) => [outputId, row.ranks?.[i] ?? null]));
  const bodyHash = sha256(canonicalJson(ranks));
  rows.judgements.push({ leaseId: randomUUID(), taskId: id, shownOrder, ranks, bodyHash });
}

/** @returns its id */
function addPrompt(
  known: KnownRows,
  rows: NewRows,
  { row, contentHash }: BatchRow,
  externalId: string | null,
): string {
  const id = randomUUID();
  const { useCase, conversation, metadata } = row;
  rows.prompts.push({ id, externalId, contentHash, useCase, conversation, metadata });
  if (externalId === null) known.promptsByContent.set(contentHash, id);
  else known.promptsByExternalId.set(externalId, { id, contentHash });
  return id;
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
