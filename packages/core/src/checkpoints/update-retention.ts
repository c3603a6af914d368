import type { RetentionSettings } from '@rankloop/contracts';
import type { PrismaClient } from '@rankloop/db';
import { type Actor, recordAuditEvent } from '../audit/record-audit-event.ts';

export interface UpdateRetentionOptions {
  prisma: PrismaClient;
  projectId: string;
  actor: Actor;
  settings: RetentionSettings;
}

/** Writes down which checkpoints keep their files. Deletes nothing by itself. */
export async function updateRetention(options: UpdateRetentionOptions): Promise<void> {
  const { prisma, projectId, actor, settings } = options;
  await prisma.$transaction(async (tx) => {
    const fresh = { settings, changedAt: new Date() };
    await tx.checkpointRetention.upsert({
      where: { projectId },
      create: { projectId, ...fresh },
      update: fresh,
    });
    await recordAuditEvent(tx, actor, {
      action: 'retention.changed',
      projectId,
      subjectType: 'project',
      subjectId: projectId,
      detail: settings,
    });
  });
}
