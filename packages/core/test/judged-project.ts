import { randomUUID } from 'node:crypto';
import type { FormSpec } from '@rankloop/contracts';
import type { Judgement, PrismaClient } from '@rankloop/db';
import { createCheckpoint, createMember, createProject, createTask, type MadeTask } from '@rankloop/testkit';

export interface JudgedProject {
  projectId: string;
  formVersionId: string;
  researcherId: string;
  labelerId: string;
  policyId: string | null;
}

/** A project with people and, unless told otherwise, a policy; no judgements yet. */
export async function makeProject(
  prisma: PrismaClient,
  options: { hasPolicy?: boolean; isDemo?: boolean; form?: FormSpec } = {},
): Promise<JudgedProject> {
  const { project, form } = await createProject(prisma, {
    isDemo: options.isDemo ?? false,
    ...(options.form && { form: options.form }),
  });
  const projectId = project.id;
  const [researcher, labeler] = [
    await createMember(prisma, projectId, 'researcher'),
    await createMember(prisma, projectId, 'labeler'),
  ];
  const policy =
    options.hasPolicy === false ? null : await createCheckpoint(prisma, { projectId, current: true });
  return {
    projectId,
    formVersionId: form.id,
    researcherId: researcher.id,
    labelerId: labeler.id,
    policyId: policy?.id ?? null,
  };
}

/** A new task with one judgement of it. */
export async function judgeNewTask(
  prisma: PrismaClient,
  project: JudgedProject,
  said: Partial<Pick<Judgement, 'outcome' | 'source' | 'demonstration'>> & {
    ranks?: readonly (number | null)[];
    labelerId?: string;
    /** By output, of the dimension that is named. */
    marks?: { dimension: string; values: readonly number[] };
  } = {},
): Promise<MadeTask & { judgement: Judgement }> {
  const { projectId, formVersionId } = project;
  const made = await createTask(prisma, { projectId, formVersionId });
  const { task, completionIds } = made;
  const { ranks = [1, 2, 3, 4], labelerId = project.labelerId, outcome = 'ok', source = 'person' } = said;
  const { marks, demonstration = null } = said;
  const scores =
    marks &&
    Object.fromEntries(completionIds.map((id, i) => [id, { [marks.dimension]: marks.values[i] ?? 0 }]));
  const lease = await prisma.lease.create({
    data: {
      projectId,
      taskId: task.id,
      labelerId,
      state: 'submitted',
      shownOrder: completionIds,
      expiresAt: new Date(),
    },
  });
  const judgement = await prisma.judgement.create({
    data: {
      leaseId: lease.id,
      revision: 1,
      projectId,
      taskId: task.id,
      labelerId,
      source,
      outcome,
      shownOrder: completionIds,
      ranks: Object.fromEntries(completionIds.map((id, i) => [id, ranks[i] ?? null])),
      ...(scores && { scores }),
      demonstration,
      activeMs: 1000,
      formVersionId,
      bodyHash: randomUUID(),
    },
  });
  return { ...made, judgement };
}

/** The next revision of a judgement. */
export async function reviseTo(
  prisma: PrismaClient,
  { id: _id, createdAt: _createdAt, ...judgement }: Judgement,
  ranks: Record<string, number | null>,
): Promise<Judgement> {
  const { scores: _s, flags: _f, critiques: _c, edits: _e, ...plain } = judgement;
  return prisma.judgement.create({
    data: { ...plain, ranks, revision: judgement.revision + 1, bodyHash: randomUUID() },
  });
}
