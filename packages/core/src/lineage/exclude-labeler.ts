import type { LabelerLineage } from '@rankloop/contracts';
import { type Actor, recordAuditEvent } from '../audit/record-audit-event.ts';
import { requireLabeler, traceLabeler, type TraceLabelerOptions } from './trace-labeler.ts';

export interface ExcludeLabelerOptions extends TraceLabelerOptions {
  actor: Actor;
  reason: string;
}

/**
 * Later snapshots leave the labeler out. What learned from them before stays as it is and is answered, so that a person
 * can decide about it. @throws AppError `not_found`
 */
export async function excludeLabeler(options: ExcludeLabelerOptions): Promise<LabelerLineage> {
  const { prisma, projectId, userId, actor, reason } = options;
  const pseudonym = await requireLabeler(options);
  await prisma.$transaction(async (tx) => {
    await tx.labelerExclusion.upsert({
      where: { projectId_labelerId: { projectId, labelerId: userId } },
      create: { projectId, labelerId: userId, reason, createdById: actor.userId },
      update: { reason },
    });
    await recordAuditEvent(tx, actor, {
      action: 'labeler.excluded',
      projectId,
      subjectType: 'user',
      subjectId: userId,
      detail: { pseudonym },
    });
  });
  return traceLabeler(options);
}

/** The labeler's judgements are in later snapshots again. @throws AppError `not_found` */
export async function includeLabeler(
  options: Omit<ExcludeLabelerOptions, 'reason'>,
): Promise<LabelerLineage> {
  const { prisma, projectId, userId, actor } = options;
  const pseudonym = await requireLabeler(options);
  await prisma.$transaction(async (tx) => {
    const { count } = await tx.labelerExclusion.deleteMany({ where: { projectId, labelerId: userId } });
    if (count === 0) return;
    await recordAuditEvent(tx, actor, {
      action: 'labeler.included',
      projectId,
      subjectType: 'user',
      subjectId: userId,
      detail: { pseudonym },
    });
  });
  return traceLabeler(options);
}
