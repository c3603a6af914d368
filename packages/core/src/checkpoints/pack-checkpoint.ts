import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@rankloop/contracts';
import type { PrismaClient } from '@rankloop/db';
import { type Actor, recordAuditEvent } from '../audit/record-audit-event.ts';
import { getCheckpoint } from './get-checkpoint.ts';
import { refusePruned } from './hold-checkpoint.ts';
import { CARD, writeModelCard } from './model-card.ts';

export interface PackCheckpointOptions {
  prisma: PrismaClient;
  dataDir: string;
  projectId: string;
  checkpointId: string;
  actor: Actor;
}

export interface PackedFile {
  name: string;
  bytes: number;
  /** @throws Error at its end when the content is not the one of the manifest */
  read: () => AsyncIterable<Uint8Array>;
}

/**
 * What leaves when a checkpoint is downloaded: its card and its files, each checked by its hash while it is read.
 *
 * @throws AppError `not_found`, `conflict` when files were deleted or are missing
 */
export async function packCheckpoint(
  options: PackCheckpointOptions,
): Promise<{ folder: string; createdAt: Date; files: PackedFile[] }> {
  const { prisma, dataDir, projectId, checkpointId, actor } = options;
  const detail = await getCheckpoint(options);
  const row = await prisma.checkpoint.findUniqueOrThrow({ where: { id: checkpointId } });
  refusePruned(row);
  const card = Buffer.from(writeModelCard(detail));
  const files: PackedFile[] = [{ name: CARD, bytes: card.length, read: () => once(card) }];
  for (const { name, bytes, sha256 } of detail.files) {
    const path = join(dataDir, row.folder, name);
    const found = await stat(path).catch(() => null);
    if (found?.size !== bytes)
      throw new AppError('conflict', { detail: `${row.name}: ${name} is missing or not what was written.` });
    files.push({ name, bytes, read: () => readWhole(path, sha256) });
  }
  await recordAuditEvent(prisma, actor, {
    action: 'checkpoint.exported',
    projectId,
    subjectType: 'checkpoint',
    subjectId: checkpointId,
    detail: { name: row.name, hash: row.manifestHash },
  });
  const folder = `${slugOf(row.name)}-${row.manifestHash.slice(0, 8)}`;
  return { folder, createdAt: row.createdAt, files };
}

async function* readWhole(path: string, sha256: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  const chunks: AsyncIterable<Buffer> = createReadStream(path);
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== sha256) throw new Error(`${path} is not what was written.`);
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(content);
}

/** "Round 3, reward" as a folder: round-3-reward. */
function slugOf(name: string): string {
  const slug = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return slug.slice(0, 60) || 'checkpoint';
}
