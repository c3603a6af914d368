import type { FormSpec } from '@rankloop/contracts';
import type { Db, Prisma } from '@rankloop/db';
import { recordAuditEvent, type Actor } from '../audit/record-audit-event.ts';
import { joinProject } from '../people/join-project.ts';
import { newSlug } from './slug.ts';

export interface CreateProjectOptions {
  actor: Actor;
  name: string;
  description: string;
  form: FormSpec;
  guideline: string;
  overlap: number;
  isDemo?: boolean;
  slug?: string;
}

/** A project with the first version of its form and guideline; whoever makes it becomes its admin. */
export function createProject(db: Pick<Db, 'prisma'>, options: CreateProjectOptions): Promise<string> {
  return db.prisma.$transaction((tx) => createProjectIn(tx, options));
}

/** The same as part of a larger transaction. @returns the id */
export async function createProjectIn(
  tx: Prisma.TransactionClient,
  options: CreateProjectOptions,
): Promise<string> {
  const { actor, name, description, form, guideline, overlap, isDemo = false } = options;
  const createdById = actor.userId;
  const { id } = await tx.project.create({
    data: {
      slug: options.slug ?? (await newSlug(tx, name)),
      name,
      description,
      overlap,
      isDemo,
      createdById,
      forms: { create: { version: 1, spec: form, createdById } },
      ...(guideline === ''
        ? {}
        : { guidelines: { create: { version: 1, markdown: guideline, createdById } } }),
    },
  });
  if (createdById !== null) await joinProject(tx, { projectId: id, userId: createdById, role: 'admin' });
  await recordAuditEvent(tx, actor, {
    action: 'project.created',
    projectId: id,
    subjectType: 'project',
    subjectId: id,
  });
  return id;
}
