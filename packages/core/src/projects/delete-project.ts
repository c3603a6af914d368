import type { Db } from '@rankloop/db';

/**
 * What a project owns, in an order in which nothing is deleted before what points at it; the rest goes with the
 * project's own row. Audit events stay.
 */
const TABLES = [
  'round',
  'snapshot',
  'judgement',
  'slot',
  'lease',
  'task',
  'completion',
  'prompt',
  'checkpoint',
  'model',
  'live_event',
];

/** Deletes a project for ever, in one transaction. @returns folders of its checkpoints, which nobody needs now */
export async function deleteProject(db: Pick<Db, 'prisma'>, projectId: string): Promise<string[]> {
  return db.prisma.$transaction(
    async (tx) => {
      const checkpoints = await tx.checkpoint.findMany({ where: { projectId }, select: { folder: true } });
      for (const table of TABLES) {
        await tx.$executeRawUnsafe(`DELETE FROM "${table}" WHERE "projectId" = $1::uuid`, projectId);
      }
      await tx.project.deleteMany({ where: { id: projectId } });
      // Accounts that nobody can sign in to mean nothing without the project that they were made for.
      await tx.$executeRaw`
        DELETE FROM "user" u WHERE u.kind <> 'person'
          AND NOT EXISTS (SELECT 1 FROM membership m WHERE m."userId" = u.id)
          AND NOT EXISTS (SELECT 1 FROM lease l WHERE l."labelerId" = u.id)
          AND NOT EXISTS (SELECT 1 FROM judgement j WHERE j."labelerId" = u.id)`;
      return checkpoints.map(({ folder }) => folder);
    },
    { timeout: 300_000 },
  );
}
