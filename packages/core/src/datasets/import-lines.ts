import { createHash } from 'node:crypto';
import { AppError, IMPORT_LIMITS, type ImportedRow } from '@rankloop/contracts';
import type { Db } from '@rankloop/db';
import { emitLiveEvent } from '../live/emit-live-event.ts';
import { storeImportBatch, type BatchContext, type BatchRow } from './store-import-batch.ts';

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
}

const BATCH_ROWS = 250;

/** Somebody pressed cancel: rows already in stay. */
class ImportCancelled extends Error {}

/**
 * Stores a file line by line in batches; bad lines are reported by number and the good ones go in.
 * Sending the same file again changes nothing: rows are known by external id or by the hash of the whole row.
 *
 * @throws whatever the reader throws when the file cannot be read on, after recording it on the import
 */
export async function importLines(options: ImportLinesOptions): Promise<void> {
  const run = new ImportRun(options);
  try {
    for await (const line of options.lines) await run.take(line);
    await run.flush();
    await run.end('succeeded', null);
  } catch (error) {
    if (error instanceof ImportCancelled) return run.end('cancelled', 'Cancelled. Rows already in stay.');
    // What was read before the fault is good.
    await run.flush().catch(() => undefined);
    await run.end('failed', error instanceof Error ? error.message : 'The import failed');
    throw error;
  }
}

class ImportRun {
  readonly #options: ImportLinesOptions;
  #batch: BatchRow[] = [];
  #problems: { line: number; code: string; message: string; excerpt: string }[] = [];
  #reported = 0;
  #linesRead = 0;
  #badLines = 0;
  #totals = { tasksCreated: 0, promptsCreated: 0, judgementsCreated: 0, duplicates: 0 };

  constructor(options: ImportLinesOptions) {
    this.#options = options;
  }

  async take(line: ImportLine): Promise<void> {
    this.#linesRead = Math.max(this.#linesRead, line.line);
    if ('problem' in line) this.#report(line.line, line.problem);
    else {
      const rowHash = createHash('sha256').update(line.text.trim()).digest('hex');
      line.rows.forEach((row, part) =>
        this.#batch.push({ line: line.line, row, rowHash: `${rowHash}:${part}` }),
      );
    }
    if (this.#batch.length >= BATCH_ROWS || this.#problems.length >= BATCH_ROWS) await this.flush();
  }

  async flush(): Promise<void> {
    const { db, context } = this.#options;
    const stored = await storeImportBatch(db.prisma, context, this.#batch);
    this.#batch = [];
    for (const problem of stored.problems) this.#report(problem.line, { ...problem, excerpt: '' });
    for (const key of ['tasksCreated', 'promptsCreated', 'judgementsCreated', 'duplicates'] as const) {
      this.#totals[key] += stored[key];
    }
    await this.#save();
  }

  async end(state: 'succeeded' | 'failed' | 'cancelled', reason: string | null): Promise<void> {
    await this.#options.db.prisma.import.updateMany({
      where: { id: this.#options.importId, state: { in: ['running', 'cancelled'] } },
      data: { ...this.#progress(), state, reason, endedAt: new Date() },
    });
    await this.#tell(state);
  }

  #report(line: number, problem: { code: string; message: string; excerpt: string }): void {
    this.#badLines++;
    if (this.#reported >= IMPORT_LIMITS.maxReportedErrors) return;
    this.#reported++;
    this.#problems.push({ line, ...problem });
  }

  #progress() {
    return {
      bytesRead: BigInt(this.#options.bytesRead()),
      linesRead: this.#linesRead,
      badLines: this.#badLines,
      ...this.#totals,
    };
  }

  async #save(): Promise<void> {
    const { db, importId } = this.#options;
    const errors = this.#problems.map((problem) => ({ importId, ...problem }));
    this.#problems = [];
    const [, updated] = await db.prisma.$transaction([
      db.prisma.importError.createMany({ data: errors }),
      db.prisma.import.updateMany({ where: { id: importId, state: 'running' }, data: this.#progress() }),
    ]);
    if (updated.count === 0) throw new ImportCancelled();
    await this.#tell('running');
  }

  #tell(state: string): Promise<void> {
    const { db, importId, context } = this.#options;
    const data = { importId, state, linesRead: this.#linesRead, badLines: this.#badLines };
    return emitLiveEvent(db, { topic: 'import', projectId: context.projectId, data });
  }
}

/** @throws AppError `not_found` */
export async function getImportRow(db: Pick<Db, 'prisma'>, projectId: string, importId: string) {
  const row = await db.prisma.import.findFirst({ where: { id: importId, projectId } });
  if (!row) throw new AppError('not_found', { detail: 'There is no such import in this project' });
  return row;
}
