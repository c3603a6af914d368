import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { AppError } from '@rankloop/contracts';
import { getSnapshotRow, readExportLines, recordAuditEvent } from '@rankloop/core';
import { measureExport, writeExport } from '@rankloop/datasets';
import type { FeatureDeps } from '../deps.ts';
import type { Mount } from '../http/mount.ts';

export function registerExports(mount: Mount, { db }: FeatureDeps): void {
  mount('exportSnapshot', async ({ actor, params, query, reply, reauthorize }) => {
    const { projectId, snapshotId } = params;
    const { format, gzip } = query;
    const snapshot = await getSnapshotRow(db, projectId, snapshotId);
    const detail = { format, hash: snapshot.hash };
    const subject = { subjectType: 'snapshot', subjectId: snapshot.id };
    await recordAuditEvent(db.prisma, actor, { action: 'snapshot.exported', projectId, ...subject, detail });
    const name = `${snapshot.hash.slice(0, 12)}-${format}.jsonl${gzip ? '.gz' : ''}`;
    reply.header('content-disposition', `attachment; filename="${name}"`);
    const lines = Readable.from(
      whileAllowed(writeExport(format, readExportLines(db, snapshot)), reauthorize),
    );
    if (!gzip) return lines;
    const zipped = createGzip();
    // A snapshot that cannot be read to its end must break the download, not shorten it.
    lines.on('error', (error) => zipped.destroy(error));
    return lines.pipe(zipped);
  });

  mount('getExportManifest', async ({ params, query }) => {
    const { projectId, snapshotId } = params;
    const snapshot = await getSnapshotRow(db, projectId, snapshotId);
    const project = await db.prisma.project.findUnique({ where: { id: projectId } });
    if (!project) throw new AppError('not_found');
    const measured = await measureExport(writeExport(query.format, readExportLines(db, snapshot)));
    return {
      project: project.name,
      snapshotId,
      snapshotHash: snapshot.hash,
      format: query.format,
      ...measured,
      filters: toRecord(snapshot.filters),
      createdAt: new Date().toISOString(),
    };
  });
}

const LINES_PER_CHECK = 500;

/** A download that breaks off when whoever asked for it may have it no longer. */
async function* whileAllowed(
  lines: AsyncIterable<string>,
  reauthorize: () => Promise<void>,
): AsyncGenerator<string> {
  let count = 0;
  for await (const line of lines) {
    count++;
    if (count % LINES_PER_CHECK === 0) await reauthorize();
    yield line;
  }
}

function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
