import { AppError, type CreatedLink } from '@rankloop/contracts';
import type { Db } from '@rankloop/db';
import { recordAuditEvent, type Actor } from '../audit/record-audit-event.ts';
import { emitLiveEvent } from '../live/emit-live-event.ts';
import { hashSecret, newSecret } from '../shared/secrets.ts';
import { setPassword } from './credentials.ts';

const RESET_MS = 24 * 3_600_000;

export interface CreatePasswordResetOptions {
  db: Pick<Db, 'prisma'>;
  actor: Actor & { userId: string };
  userId: string;
}

/** A link for a person who forgot the password; an earlier one stops working. @throws AppError `not_found` */
export async function createPasswordReset(options: CreatePasswordResetOptions): Promise<CreatedLink> {
  const { db, actor, userId } = options;
  const secret = newSecret();
  return db.prisma.$transaction(async (tx) => {
    const user = await tx.user.findUnique({ where: { id: userId, kind: 'person' } });
    if (!user) throw new AppError('not_found');
    await tx.passwordReset.deleteMany({ where: { userId, usedAt: null } });
    const { id, expiresAt } = await tx.passwordReset.create({
      data: {
        tokenHash: hashSecret(secret),
        userId,
        createdById: actor.userId,
        expiresAt: new Date(Date.now() + RESET_MS),
      },
    });
    await recordAuditEvent(tx, actor, {
      action: 'reset-link.created',
      subjectType: 'user',
      subjectId: userId,
    });
    // Behind the hash, so that the secret never reaches a server's log.
    return { id, path: `/reset#${secret}`, expiresAt: expiresAt.toISOString() };
  });
}

export interface ResetPasswordOptions {
  db: Pick<Db, 'prisma'>;
  actor: Omit<Actor, 'userId'>;
  token: string;
  password: string;
}

/** Works once; ends all sessions. A disabled person's link does not enable them. @throws AppError `link_used` */
export async function resetPassword({ db, actor, token, password }: ResetPasswordOptions): Promise<void> {
  await db.prisma.$transaction(async (tx) => {
    const tokenHash = hashSecret(token);
    const { count } = await tx.passwordReset.updateMany({
      where: { tokenHash, usedAt: null, expiresAt: { gt: new Date() } },
      data: { usedAt: new Date() },
    });
    if (count === 0) throw new AppError('link_used');
    const { userId } = await tx.passwordReset.findUniqueOrThrow({ where: { tokenHash } });
    await setPassword(tx, userId, password);
    await tx.session.deleteMany({ where: { userId } });
    await recordAuditEvent(
      tx,
      { ...actor, userId },
      { action: 'password.reset', subjectType: 'user', subjectId: userId },
    );
    await emitLiveEvent(tx, { topic: 'person', projectId: null, userId, data: {} });
  });
}
