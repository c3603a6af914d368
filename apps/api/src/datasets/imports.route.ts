import { AppError, type ImportFormat, routes } from '@rankloop/contracts';
import {
  cancelImport,
  getImportRow,
  importLines,
  listImportErrors,
  listImports,
  startImport,
  toImportView,
} from '@rankloop/core';
import { type ImportFile, openImportFile, previewImport, UnreadableFileError } from '@rankloop/datasets';
import type { FeatureDeps } from '../deps.ts';
import type { Mount } from '../http/mount.ts';
import { readUpload } from './read-upload.ts';

/** Enough of a file to detect its format and show its first rows. */
const PREVIEW_BYTES = 1024 * 1024;

export function registerImports(mount: Mount, { db }: FeatureDeps): void {
  mount('previewImport', async ({ body, query }) =>
    previewImport(await readHead(readUpload(body), routes.previewImport.upload.maxBytes), query.format),
  );

  mount('startImport', async ({ actor, project, query, body, request, reauthorize }) => {
    const { projectId } = project;
    const file = await open(readUpload(body), query.format);
    const length = Number(request.headers['content-length']);
    const totalBytes = Number.isSafeInteger(length) ? length : null;
    const { fileName, withJudgements } = query;
    const started = { db, actor, projectId, fileName, withJudgements, format: file.format, totalBytes };
    const { row, context } = await startImport(started);
    try {
      await importLines({
        db,
        importId: row.id,
        context,
        lines: file.lines,
        bytesRead: file.bytesRead,
        checkAccess: reauthorize,
        explainFault: (error) => (error instanceof UnreadableFileError ? error.message : undefined),
        requestId: request.id,
      });
    } catch (error) {
      // The import's row says what happened and what is in; anything else is a fault of ours.
      if (!(error instanceof UnreadableFileError)) throw error;
    }
    return toImportView(await getImportRow(db, projectId, row.id));
  });

  mount('listImports', ({ params, query }) => listImports({ db, ...params, page: query }));
  mount('getImport', async ({ params }) =>
    toImportView(await getImportRow(db, params.projectId, params.importId)),
  );
  mount('listImportErrors', ({ params, query }) => listImportErrors({ db, ...params, page: query }));
  mount('cancelImport', ({ params }) => cancelImport({ db, ...params }));
}

async function open(body: AsyncIterable<Uint8Array>, format: ImportFormat | undefined): Promise<ImportFile> {
  try {
    return await openImportFile(body, format);
  } catch (error) {
    if (error instanceof UnreadableFileError)
      throw new AppError('import_unreadable', { detail: error.message });
    throw error;
  }
}

async function readHead(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    if (bytes < PREVIEW_BYTES) chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > maxBytes)
      throw new AppError('too_large', { detail: 'Send only the beginning of the file for a preview.' });
  }
  return Buffer.concat(chunks);
}
