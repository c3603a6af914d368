import type { ImportErrorRow, ImportView, PageQuery } from '@rankloop/contracts';
import type { Db, Import } from '@rankloop/db';
import { decodeIdCursor, olderThan, toPage, toTimePage } from '../shared/page.ts';
import { getImportRow } from './import-lines.ts';

export interface ImportListOptions {
  db: Pick<Db, 'prisma'>;
  projectId: string;
  page: PageQuery;
}

/** Imports of a project, newest first. */
export async function listImports({ db, projectId, page }: ImportListOptions) {
  const rows = await db.prisma.import.findMany({
    where: { projectId, ...olderThan(page.cursor) },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: page.limit + 1,
  });
  return toTimePage(rows, page.limit, toImportView);
}

/** Bad lines of an import in the order of the file. @throws AppError `not_found` */
export async function listImportErrors(
  options: ImportListOptions & { importId: string },
): Promise<{ items: ImportErrorRow[]; nextCursor: string | null }> {
  const { db, projectId, importId, page } = options;
  await getImportRow(db, projectId, importId);
  const after = decodeIdCursor(page.cursor);
  const rows = await db.prisma.importError.findMany({
    where: { importId, ...(after !== undefined && { id: { gt: after } }) },
    orderBy: { id: 'asc' },
    take: page.limit + 1,
  });
  const toItem = ({ line, code, message, excerpt }: ImportErrorRow): ImportErrorRow => ({
    line,
    code,
    message,
    excerpt,
  });
  return toPage(rows, page.limit, toItem, (row) => [String(row.line), String(row.id)]);
}

/** Asks a running import to stop; it does so before its next batch. @throws AppError `not_found` */
export async function cancelImport(options: {
  db: Pick<Db, 'prisma'>;
  projectId: string;
  importId: string;
}): Promise<ImportView> {
  const { db, projectId, importId } = options;
  await db.prisma.import.updateMany({
    where: { id: importId, projectId, state: 'running' },
    data: { state: 'cancelled', reason: 'Cancelled. Rows already in stay.', endedAt: new Date() },
  });
  return toImportView(await getImportRow(db, projectId, importId));
}

export function toImportView(row: Import): ImportView {
  return {
    id: row.id,
    fileName: row.fileName,
    format: row.format,
    state: row.state,
    bytesRead: Number(row.bytesRead),
    totalBytes: row.totalBytes === null ? null : Number(row.totalBytes),
    linesRead: row.linesRead,
    tasksCreated: row.tasksCreated,
    promptsCreated: row.promptsCreated,
    judgementsCreated: row.judgementsCreated,
    duplicates: row.duplicates,
    badLines: row.badLines,
    reason: row.reason,
    createdAt: row.createdAt.toISOString(),
    endedAt: row.endedAt?.toISOString() ?? null,
  };
}
