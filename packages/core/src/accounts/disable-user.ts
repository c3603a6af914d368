import { AppError } from '@rankloop/contracts';
import { releaseLeases, type Db } from '@rankloop/db';
import { recordAuditEvent, type Actor } from '../audit/record-audit-event.ts';
import { emitLiveEvent } from '../live/emit-live-event.ts';
import { revokeInvitationsOf } from '../people/revoke-invitations-of.ts';

export interface SetUserDisabledOptions {
  db: Db;
  actor: Actor;
  userId: string;
}

/**
 * Ends a person's sessions, tokens, leases, streams and open invitations at once; judgements stay. The lookup of every
 * request, and of uploads and downloads under way, joins the person, so the commit alone already shuts the door; the
 * rest tidies up behind it.
 */
export async function disableUser({ db, actor, userId }: SetUserDisabledOptions): Promise<void> {
  if (actor.userId === userId) {
    throw new AppError('conflict', { detail: 'You cannot disable yourself; ask another admin.' });
  }
  await db.prisma.$transaction(async (tx) => {
    const { count } = await tx.user.updateMany({
      where: { id: userId, disabledAt: null },
      data: { disabledAt: new Date() },
    });
    if (count === 0 && !(await tx.user.findUnique({ where: { id: userId } }))) {
      throw new AppError('not_found');
    }
    await tx.session.deleteMany({ where: { userId } });
    await tx.apiToken.updateMany({ where: { userId, revokedAt: null }, data: { revokedAt: new Date() } });
    await tx.passwordReset.deleteMany({ where: { userId, usedAt: null } });
    await revokeInvitationsOf(tx, { createdById: userId });
    await recordAuditEvent(tx, actor, { action: 'user.disabled', subjectType: 'user', subjectId: userId });
    await emitLiveEvent(tx, { topic: 'person', projectId: null, userId, data: { disabled: true } });
  });
  await releaseLeases(db.pool, { labelerId: userId });
}

/** Lets a disabled person sign in again; tokens stay revoked. @throws AppError `not_found` */
export async function enableUser({ db, actor, userId }: SetUserDisabledOptions): Promise<void> {
  await db.prisma.$transaction(async (tx) => {
    const { count } = await tx.user.updateMany({ where: { id: userId }, data: { disabledAt: null } });
    if (count === 0) throw new AppError('not_found');
    await recordAuditEvent(tx, actor, { action: 'user.enabled', subjectType: 'user', subjectId: userId });
  });
}
