import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { AppError } from '@rankloop/contracts';
import type { Checkpoint, Prisma, PrismaClient } from '@rankloop/db';
import { type Actor, recordAuditEvent } from '../audit/record-audit-event.ts';
import { emitLiveEvent } from '../live/emit-live-event.ts';
import type { StoredCheckpoint } from './checkpoint-files.ts';
import { checkModelFolder } from './check-model-folder.ts';
import { setCurrentPolicy } from './promote-checkpoint.ts';
import { storeModelFolder } from './store-model-folder.ts';

export interface AddPolicyCheckpointOptions {
  prisma: PrismaClient;
  dataDir: string;
  actor: Actor;
  projectId: string;
  /** A Hugging Face folder of a GPT-2, Llama or Qwen2 model. */
  folder: string;
  /** Absent: the folder's. */
  name?: string | undefined;
  /** Make it the one in use although the project has one. */
  promote?: boolean | undefined;
}

/**
 * Takes a model from outside into a project, as the base of its rounds. The first one is in use at once.
 *
 * @throws AppError `bad_request` with what is wrong with the folder, `conflict` when the project has that very model
 */
export async function addPolicyCheckpoint(
  options: AddPolicyCheckpointOptions,
): Promise<{ checkpointId: string; name: string; isCurrent: boolean }> {
  const { prisma, dataDir, folder } = options;
  await checkModelFolder(folder);
  // A name of its own: what lies in the store already, even the same model, is never touched.
  const stored = await storeModelFolder(dataDir, folder, `added-${randomUUID()}`);
  try {
    return await prisma.$transaction((tx) => writeRows(tx, options, stored));
  } catch (error) {
    await rm(join(dataDir, stored.folder), { recursive: true, force: true });
    throw error;
  }
}

async function writeRows(
  tx: Prisma.TransactionClient,
  options: AddPolicyCheckpointOptions,
  stored: StoredCheckpoint,
): Promise<{ checkpointId: string; name: string; isCurrent: boolean }> {
  const { projectId, folder, name = basename(resolve(folder)) } = options;
  // One at a time per project: the row is what both would look at.
  await tx.$queryRaw`SELECT 1 FROM "project" WHERE "id" = ${projectId}::uuid FOR UPDATE`;
  const same = await tx.checkpoint.findFirst({
    where: { projectId, kind: 'policy', manifestHash: stored.manifestHash },
  });
  if (same) throw new AppError('conflict', { detail: `The project has this model already: ${same.name}.` });
  const project = await tx.project.findUniqueOrThrow({ where: { id: projectId } });
  const isCurrent = options.promote === true || project.currentPolicyId === null;
  const checkpointId = await createPolicyIn(tx, { projectId, name, stored, isCurrent });
  await recordAuditEvent(tx, options.actor, {
    action: 'checkpoint.added',
    projectId,
    subjectType: 'checkpoint',
    subjectId: checkpointId,
    detail: { name, isCurrent },
  });
  await emitLiveEvent(tx, {
    topic: 'checkpoint',
    projectId,
    data: { checkpointId, kind: 'policy', promoted: isCurrent },
  });
  return { checkpointId, name, isCurrent };
}

export interface CreatePolicyOptions {
  projectId: string;
  name: string;
  stored: StoredCheckpoint;
  isCurrent: boolean;
}

/** The rows of a policy that no round made, as part of a larger transaction. @returns the checkpoint's id */
export async function createPolicyIn(
  tx: Prisma.TransactionClient,
  { projectId, name, stored, isCurrent }: CreatePolicyOptions,
): Promise<Checkpoint['id']> {
  const model = await tx.model.upsert({
    where: { projectId_name: { projectId, name: 'policy' } },
    create: { projectId, name: 'policy', kind: 'policy' },
    update: {},
  });
  const { folder, manifest, manifestHash } = stored;
  const { id } = await tx.checkpoint.create({
    data: { projectId, modelId: model.id, kind: 'policy', name, folder, manifest, manifestHash },
  });
  if (isCurrent) await setCurrentPolicy(tx, { projectId, checkpointId: id });
  return id;
}
