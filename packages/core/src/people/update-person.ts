import { AppError, type Person, type Role } from '@rankloop/contracts';
import { releaseLeases, type Db } from '@rankloop/db';
import { recordAuditEvent, type Actor } from '../audit/record-audit-event.ts';
import { emitLiveEvent } from '../live/emit-live-event.ts';
import { getPerson } from './list-people.ts';
import { revokeInvitationsOf } from './revoke-invitations-of.ts';

export interface PersonOptions {
  db: Db;
  actor: Actor;
  projectId: string;
  userId: string;
}

/** @throws AppError `not_found` */
export async function updatePersonRole(options: PersonOptions & { role: Role }): Promise<Person> {
  const { db, actor, projectId, userId, role } = options;
  refuseOneself(options, 'change your own role');
  await db.prisma.$transaction(async (tx) => {
    const { count } = await tx.membership.updateMany({ where: { projectId, userId }, data: { role } });
    if (count === 0) throw new AppError('not_found');
    if (role !== 'admin') await revokeInvitationsOf(tx, { createdById: userId, projectId });
    await recordAuditEvent(tx, actor, {
      action: 'role.changed',
      projectId,
      subjectType: 'user',
      subjectId: userId,
      detail: { role },
    });
    await emitLiveEvent(tx, { topic: 'person', projectId, userId, data: { role } });
  });
  return getPerson(db, projectId, userId);
}

/** Takes a person out of the project and gives their open tasks back; judgements stay. */
export async function removePerson(options: PersonOptions): Promise<void> {
  const { db, actor, projectId, userId } = options;
  refuseOneself(options, 'take yourself out');
  await db.prisma.$transaction(async (tx) => {
    const { count } = await tx.membership.deleteMany({ where: { projectId, userId } });
    if (count === 0) throw new AppError('not_found');
    await revokeInvitationsOf(tx, { createdById: userId, projectId });
    await recordAuditEvent(tx, actor, {
      action: 'person.removed',
      projectId,
      subjectType: 'user',
      subjectId: userId,
    });
    await emitLiveEvent(tx, { topic: 'person', projectId, userId, data: { removed: true } });
  });
  await releaseLeases(db.pool, { labelerId: userId, projectId });
}

function refuseOneself({ actor, userId }: PersonOptions, what: string): void {
  if (actor.userId !== userId) return;
  throw new AppError('conflict', { detail: `You cannot ${what}; ask another admin.` });
}
