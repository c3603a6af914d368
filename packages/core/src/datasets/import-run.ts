import { IMPORT_LIMITS, type ImportedRow } from '@rankloop/contracts';
import type { Db, PoolClient, Prisma } from '@rankloop/db';
import { recordAuditEvent } from '../audit/record-audit-event.ts';
import { emitLiveEvent } from '../live/emit-live-event.ts';
import { inTransaction } from '../shared/in-transaction.ts';
import { explainMisfit, sha256, toBatchRow, type BatchRow } from './plan-import-batch.ts';
import { storeImportBatch, type BatchContext, type StoredBatch } from './store-import-batch.ts';

/** A line of the file as its reader understood it. */
export type ImportLine =
  | { line: number; text: string; rows: readonly ImportedRow[] }
  | { line: number; problem: { code: string; message: string; excerpt: string } };

export interface ImportLinesOptions {
  db: Db;
  importId: string;
  context: BatchContext;
  lines: AsyncIterable<ImportLine>;
  /** Bytes of the file read so far. */
  bytesRead: () => number;
  /** Throws when whoever sends the file may do so no longer; asked before each batch. */
  checkAccess?: () => Promise<void>;
  /** The sentence for people when the fault is the file's; undefined when it is not. */
  explainFault?: (error: unknown) => string | undefined;
  /** By which the log tells more about a fault of ours. */
  requestId?: string | undefined;
}

const BATCH_ROWS = 500;
/** Two batches are in memory at a time, and each is written out once more as JSON on its way to the database. */
const BATCH_CHARACTERS = 1_000_000;

/** Somebody pressed cancel, or the sender may import no longer: rows already in stay. */
export class ImportCancelled extends Error {}

interface Problem {
  line: number;
  code: string;
  message: string;
  excerpt: string;
}

/** A batch with how far the file was read when it was full. */
interface FullBatch {
  rows: readonly BatchRow[];
  problems: readonly Problem[];
  bytesRead: number;
  linesRead: number;
  badLines: number;
}

/** One file on its way in: gathers rows, and stores a batch while the next one is being read. */
export class ImportRun {
  readonly #options: ImportLinesOptions;
  #rows: BatchRow[] = [];
  #characters = 0;
  #problems: Problem[] = [];
  #reported = 0;
  #linesRead = 0;
  #badLines = 0;
  /** Rows of stored batches whose id belongs to something else. */
  #conflicts = 0;
  #totals: StoredBatch = { tasksCreated: 0, promptsCreated: 0, judgementsCreated: 0, duplicates: 0 };
  #storing: Promise<void> = Promise.resolve();

  constructor(options: ImportLinesOptions) {
    this.#options = options;
  }

  get linesRead(): number {
    return this.#linesRead;
  }

  async take(line: ImportLine): Promise<void> {
    this.#linesRead = Math.max(this.#linesRead, line.line);
    if ('problem' in line) {
      this.#report({ line: line.line, ...line.problem });
      if (this.#problems.length >= BATCH_ROWS) await this.#flush();
      return;
    }
    const lineHash = sha256(line.text.trim());
    for (const [part, row] of line.rows.entries()) {
      const message = explainMisfit(this.#options.context.form, row);
      if (message !== null) {
        this.#report({ line: line.line, code: 'wrong_count', message, excerpt: '' });
        continue;
      }
      this.#rows.push(toBatchRow(row, { line: line.line, rowHash: `${lineHash}:${part}` }));
      // One line may become many rows that each repeat the conversation so far.
      this.#characters += line.rows.length === 1 ? line.text.length : countCharacters(row);
      if (this.#rows.length >= BATCH_ROWS || this.#characters >= BATCH_CHARACTERS) await this.#flush();
    }
  }

  /** Stores what is left. Resolves when all of it is in. @throws ImportCancelled */
  async finish(): Promise<void> {
    await this.#flush();
    await this.#storing;
  }

  async end(state: 'succeeded' | 'failed' | 'cancelled', reason: string | null): Promise<void> {
    const { db, importId } = this.#options;
    const { bytesRead, linesRead, badLines } = this.#progress();
    const counts = { linesRead, badLines: badLines + this.#conflicts, ...this.#totals };
    const data = { ...counts, bytesRead: BigInt(bytesRead), endedAt: new Date() };
    const ended = await db.prisma.$transaction(async (tx) => {
      const { count } = await tx.import.updateMany({
        where: { id: importId, state: 'running' },
        data: { ...data, state, reason },
      });
      // Cancelled meanwhile: it stays that, even when the upload was then cut off and looks like a failure from here.
      if (count === 0) {
        await tx.import.updateMany({
          where: { id: importId, state: 'cancelled' },
          data: state === 'cancelled' ? { ...data, reason } : data,
        });
      }
      const outcome = count === 0 ? 'cancelled' : state;
      await this.#writeToAudit(tx, outcome, counts);
      return outcome;
    });
    await this.#tell(ended);
    await this.#tellLabelers();
  }

  /** What came of the file, in the name of who sent it. */
  async #writeToAudit(
    tx: Prisma.TransactionClient,
    outcome: string,
    counts: Readonly<Record<string, number>>,
  ): Promise<void> {
    const { importId, context, requestId } = this.#options;
    const row = await tx.import.findUnique({
      where: { id: importId },
      select: { fileName: true, createdById: true },
    });
    if (!row) return;
    const said = Object.entries(counts).filter(([, count]) => count > 0);
    await recordAuditEvent(
      tx,
      { userId: row.createdById, requestId },
      {
        action: 'import.ended',
        projectId: context.projectId,
        subjectType: 'import',
        subjectId: importId,
        detail: { fileName: row.fileName, outcome, ...Object.fromEntries(said) },
      },
    );
  }

  /** Hands the batch over once the one before it is in; the file is read on meanwhile. */
  async #flush(): Promise<void> {
    await this.#storing;
    const batch: FullBatch = { rows: this.#rows, problems: this.#problems, ...this.#progress() };
    this.#rows = [];
    this.#characters = 0;
    this.#problems = [];
    this.#storing = this.#store(batch);
    // Heard by whoever waits for it next, and nobody may be waiting yet.
    this.#storing.catch(() => undefined);
  }

  /** Rows, problems and counts in one transaction: what the import says is in, is in. */
  async #store(batch: FullBatch): Promise<void> {
    const { db, context, checkAccess } = this.#options;
    await checkAccess?.().catch((cause: unknown) => {
      throw new ImportCancelled('The sender may import no longer.', { cause });
    });
    this.#totals = await inTransaction(db.pool, async (client) => {
      await this.#refuseIfEnded(client);
      if (batch.rows.length === 0) return this.#save(client, batch, this.#totals);
      const { conflicts, ...stored } = await storeImportBatch(client, context, batch.rows);
      return this.#save(client, this.#withConflicts(batch, conflicts), sum(this.#totals, stored));
    });
    await this.#tell('running');
  }

  /** Holds the import's row, so that cancelling waits for the batch under way and stops the next. */
  async #refuseIfEnded(client: PoolClient): Promise<void> {
    const { rows } = await client.query<{ state: string }>(
      'SELECT state::text AS state FROM import WHERE id = $1 FOR NO KEY UPDATE',
      [this.#options.importId],
    );
    if (rows[0]?.state !== 'running') throw new ImportCancelled();
  }

  async #save(client: PoolClient, batch: FullBatch, totals: StoredBatch): Promise<StoredBatch> {
    const { importId } = this.#options;
    await client.query(
      `UPDATE import SET "bytesRead" = $2, "linesRead" = $3, "badLines" = $4, "tasksCreated" = $5,
         "promptsCreated" = $6, "judgementsCreated" = $7, duplicates = $8 WHERE id = $1`,
      [
        importId,
        batch.bytesRead,
        batch.linesRead,
        batch.badLines + this.#conflicts,
        totals.tasksCreated,
        totals.promptsCreated,
        totals.judgementsCreated,
        totals.duplicates,
      ],
    );
    if (batch.problems.length > 0) {
      await client.query(
        `INSERT INTO import_error ("importId", line, code, message, excerpt)
         SELECT $1, line, code, message, excerpt FROM json_to_recordset($2::json)
           AS p(line integer, code text, message text, excerpt text) ORDER BY line`,
        [importId, JSON.stringify(batch.problems)],
      );
    }
    return totals;
  }

  #report(problem: Problem): void {
    this.#badLines++;
    if (this.#reported >= IMPORT_LIMITS.maxReportedErrors) return;
    this.#reported++;
    this.#problems.push(problem);
  }

  /** Only now is it known which ids are taken. Should the transaction fail, so does the import. */
  #withConflicts(batch: FullBatch, conflicts: readonly BatchRow[]): FullBatch {
    this.#conflicts += conflicts.length;
    const room = Math.max(0, IMPORT_LIMITS.maxReportedErrors - this.#reported);
    const told = conflicts.slice(0, room).map(({ line, row }): Problem => ({
      line,
      code: 'id_taken',
      message: `The project has the id "${row.externalId ?? ''}" already, with another prompt or other outputs. Give this row an id of its own.`,
      excerpt: '',
    }));
    this.#reported += told.length;
    return { ...batch, problems: [...batch.problems, ...told] };
  }

  #progress() {
    return {
      bytesRead: this.#options.bytesRead(),
      linesRead: this.#linesRead,
      badLines: this.#badLines,
    };
  }

  /** Whoever heard "nothing left" may ask again. */
  async #tellLabelers(): Promise<void> {
    const { db, context } = this.#options;
    const created = this.#totals.tasksCreated;
    if (created === 0) return;
    await emitLiveEvent(db, { topic: 'task', projectId: context.projectId, data: { created } });
  }

  #tell(state: string): Promise<void> {
    const { db, importId, context } = this.#options;
    const badLines = this.#badLines + this.#conflicts;
    const data = { importId, state, linesRead: this.#linesRead, badLines };
    return emitLiveEvent(db, { topic: 'import', projectId: context.projectId, data });
  }
}

function sum(a: StoredBatch, b: StoredBatch): StoredBatch {
  return {
    tasksCreated: a.tasksCreated + b.tasksCreated,
    promptsCreated: a.promptsCreated + b.promptsCreated,
    judgementsCreated: a.judgementsCreated + b.judgementsCreated,
    duplicates: a.duplicates + b.duplicates,
  };
}

function countCharacters({ conversation, responses }: ImportedRow): number {
  let characters = 0;
  for (const { content } of conversation) characters += content.length;
  for (const { text } of responses) characters += text.length;
  return characters;
}
