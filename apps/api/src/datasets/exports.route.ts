import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { AppError } from '@rankloop/contracts';
import { getSnapshotRow, readExportLines, recordAuditEvent } from '@rankloop/core';
import { measureExport, writeExport } from '@rankloop/datasets';
import type { FeatureDeps } from '../deps.ts';
import type { Mount } from '../http/mount.ts';

export function registerExports(mount: Mount, { db }: FeatureDeps): void {
  mount('exportSnapshot', async ({ actor, params, query, reply }) => {
    const { projectId, snapshotId } = params;
    const { format, gzip } = query;
    const snapshot = await getSnapshotRow(db, projectId, snapshotId);
    const detail = { format, hash: snapshot.hash };
    const subject = { subjectType: 'snapshot', subjectId: snapshot.id };
    await recordAuditEvent(db.prisma, actor, { action: 'snapshot.exported', projectId, ...subject, detail });
    const name = `${snapshot.hash.slice(0, 12)}-${format}.jsonl${gzip ? '.gz' : ''}`;
    reply.header('content-disposition', `attachment; filename="${name}"`);
    const lines = Readable.from(writeExport(format, readExportLines(db, snapshot)));
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

function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
