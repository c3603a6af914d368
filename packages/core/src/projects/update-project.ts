import { isDeepStrictEqual } from 'node:util';
import { AppError, FormSpec, type UpdateProjectBody } from '@rankloop/contracts';
import type { Db, Prisma } from '@rankloop/db';
import type { z } from 'zod';
import { recordAuditEvent, type Actor } from '../audit/record-audit-event.ts';

export interface UpdateProjectOptions {
  db: Pick<Db, 'prisma'>;
  actor: Actor;
  projectId: string;
  changes: z.infer<typeof UpdateProjectBody>;
}

/** Changes settings; a form or guideline that differs becomes a new version, and old answers keep theirs. */
export async function updateProject({ db, actor, projectId, changes }: UpdateProjectOptions): Promise<void> {
  const { form, guideline, name, description, overlap, leaseTtlMs, editWindowMs, dailyGoal } = changes;
  const settings = Object.fromEntries(
    Object.entries({ name, description, overlap, leaseTtlMs, editWindowMs, dailyGoal }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  await db.prisma.$transaction(async (tx) => {
    // The update locks the row, so that two changes at once cannot both make the same version.
    const { count } = await tx.project.updateMany({
      where: { id: projectId },
      data: { ...settings, updatedAt: new Date() },
    });
    if (count === 0) throw new AppError('not_found');
    const target = { tx, projectId, createdById: actor.userId };
    const isNewForm = form !== undefined && (await addForm(target, form));
    const isNewGuideline = guideline !== undefined && (await addGuideline(target, guideline));
    await recordAuditEvent(tx, actor, {
      action: 'project.updated',
      projectId,
      subjectType: 'project',
      subjectId: projectId,
      detail: { settings: Object.keys(settings).join(' '), form: isNewForm, guideline: isNewGuideline },
    });
  });
}

interface Target {
  tx: Prisma.TransactionClient;
  projectId: string;
  createdById: string | null;
}

async function addForm({ tx, projectId, createdById }: Target, form: FormSpec): Promise<boolean> {
  const newest = await tx.formVersion.findFirst({ where: { projectId }, orderBy: { version: 'desc' } });
  if (newest && isDeepStrictEqual(FormSpec.parse(newest.spec), form)) return false;
  const version = (newest?.version ?? 0) + 1;
  await tx.formVersion.create({ data: { projectId, version, spec: form, createdById } });
  return true;
}

async function addGuideline({ tx, projectId, createdById }: Target, markdown: string): Promise<boolean> {
  const newest = await tx.guidelineVersion.findFirst({ where: { projectId }, orderBy: { version: 'desc' } });
  if ((newest?.markdown ?? '') === markdown) return false;
  const version = (newest?.version ?? 0) + 1;
  await tx.guidelineVersion.create({ data: { projectId, version, markdown, createdById } });
  return true;
}
