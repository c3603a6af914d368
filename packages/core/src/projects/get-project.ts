import { AppError, FormSpec, roleAtLeast, type Project, type Role } from '@rankloop/contracts';
import type { Db, Prisma } from '@rankloop/db';

const IN_FORCE = {
  forms: { orderBy: { version: 'desc' }, take: 1 },
  guidelines: { orderBy: { version: 'desc' }, take: 1 },
} as const satisfies Prisma.ProjectInclude;

type ProjectRow = Prisma.ProjectGetPayload<{ include: typeof IN_FORCE }>;

/** A project with its form and guideline in force. @throws AppError `not_found` */
export async function getProject(db: Pick<Db, 'prisma'>, projectId: string, role: Role): Promise<Project> {
  const row = await db.prisma.project.findUnique({ where: { id: projectId }, include: IN_FORCE });
  if (!row) throw new AppError('not_found');
  return toProject(row, role);
}

/** Own projects, or all for a site admin, oldest first. */
export async function listProjects(
  db: Pick<Db, 'prisma'>,
  { userId, siteAdmin }: { userId: string; siteAdmin: boolean },
): Promise<Project[]> {
  const rows = await db.prisma.project.findMany({
    where: { archivedAt: null, ...(siteAdmin ? {} : { memberships: { some: { userId } } }) },
    include: { ...IN_FORCE, memberships: { where: { userId }, select: { role: true } } },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  return rows.map((row) => toProject(row, siteAdmin ? 'admin' : (row.memberships[0]?.role ?? 'labeler')));
}

function toProject(row: ProjectRow, role: Role): Project {
  const [form] = row.forms;
  const [guideline] = row.guidelines;
  if (!form) throw new Error(`Project ${row.id} has no form.`);
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    description: row.description,
    isDemo: row.isDemo,
    role,
    form: FormSpec.parse(form.spec),
    formVersion: form.version,
    guideline: guideline?.markdown ?? '',
    guidelineVersion: guideline?.version ?? null,
    overlap: row.overlap,
    leaseTtlMs: row.leaseTtlMs,
    editWindowMs: row.editWindowMs,
    dailyGoal: row.dailyGoal,
    // Labelers judge blind: which model writes is not theirs to know.
    currentPolicyId: roleAtLeast(role, 'researcher') ? row.currentPolicyId : null,
    createdAt: row.createdAt.toISOString(),
  };
}
