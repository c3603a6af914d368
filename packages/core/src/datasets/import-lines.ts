import { AppError } from '@rankloop/contracts';
import type { Db } from '@rankloop/db';
import { ImportCancelled, ImportRun, type ImportLinesOptions } from './import-run.ts';

/**
 * Stores a file line by line in batches; bad lines are reported by number and the good ones go in.
 * Sending the same file again changes nothing: rows are known by external id or by the hash of the whole row.
 *
 * @throws whatever stopped it, after recording on the import a sentence that people can act on
 */
export async function importLines(options: ImportLinesOptions): Promise<void> {
  const run = new ImportRun(options);
  try {
    for await (const line of options.lines) await run.take(line);
    await run.finish();
    await run.end('succeeded', null);
  } catch (error) {
    if (error instanceof ImportCancelled) return run.end('cancelled', 'Cancelled. Rows already in stay.');
    // What was read before the fault is good.
    await run.finish().catch(() => undefined);
    // Where even this cannot be written, the import is ended later by its silence.
    await run.end('failed', explain(error, run.linesRead, options)).catch(() => undefined);
    throw error;
  }
}

/** Never the error's own words: they may be the database's, with rows of people in them. */
function explain(error: unknown, linesRead: number, options: ImportLinesOptions): string {
  const fault = options.explainFault?.(error);
  if (fault !== undefined) return linesRead === 0 ? fault : `${fault}. Rows already in stay.`;
  const inLog =
    options.requestId === undefined ? '' : ` The server's log says more under request ${options.requestId}.`;
  return (
    `The server could not store the rows near line ${linesRead}. ` +
    `Import the file again: what is already in stays and is not doubled.${inLog}`
  );
}

/** @throws AppError `not_found` */
export async function getImportRow(db: Pick<Db, 'prisma'>, projectId: string, importId: string) {
  const row = await db.prisma.import.findFirst({ where: { id: importId, projectId } });
  if (!row) throw new AppError('not_found', { detail: 'There is no such import in this project' });
  return row;
}
