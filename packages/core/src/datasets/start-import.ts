import { AppError, FormSpec, type ImportFormat } from '@rankloop/contracts';
import type { Db, Import } from '@rankloop/db';
import { recordAuditEvent, type Actor } from '../audit/record-audit-event.ts';
import type { BatchContext } from './store-import-batch.ts';

export interface StartImportOptions {
  db: Db;
  actor: Actor;
  projectId: string;
  fileName: string;
  format: ImportFormat;
  withJudgements: boolean;
  totalBytes: number | null;
}

/** Opens an import: its row, and what every batch of it needs to know. @throws AppError `not_found` */
export async function startImport(
  options: StartImportOptions,
): Promise<{ row: Import; context: BatchContext }> {
  const { db, actor, projectId, fileName, format, withJudgements, totalBytes } = options;
  const { prisma } = db;
  const project = await prisma.project.findUnique({
    where: { id: projectId },
    include: { forms: { orderBy: { version: 'desc' }, take: 1 } },
  });
  const form = project?.forms[0];
  if (!project || !form) throw new AppError('not_found');
  const row = await prisma.$transaction(async (tx) => {
    const made = await tx.import.create({
      data: {
        projectId,
        fileName,
        format,
        options: { withJudgements },
        totalBytes: totalBytes === null ? null : BigInt(totalBytes),
        createdById: actor.userId,
      },
    });
    const detail = { fileName, format, withJudgements };
    await recordAuditEvent(tx, actor, {
      action: 'import.started',
      projectId,
      subjectType: 'import',
      subjectId: made.id,
      detail,
    });
    return made;
  });
  const importedLabelerId = withJudgements ? await ensureImportedLabeler(db, projectId) : null;
  const spec = FormSpec.parse(form.spec);
  return {
    row,
    context: {
      projectId,
      importId: row.id,
      formVersionId: form.id,
      form: spec,
      overlap: project.overlap,
      importedLabelerId,
    },
  };
}

/** One account per project stands for the people behind imported judgements; nobody can sign in as it. */
async function ensureImportedLabeler(db: Db, projectId: string): Promise<string> {
  const email = `imported+${projectId}@rankloop.invalid`;
  const user = await db.prisma.user.upsert({
    where: { email },
    create: { name: 'Imported judgements', email, kind: 'imported' },
    update: {},
  });
  await db.prisma.membership.upsert({
    where: { projectId_userId: { projectId, userId: user.id } },
    create: { projectId, userId: user.id, role: 'labeler', pseudonym: 'imported' },
    update: {},
  });
  return user.id;
}
