import { AppError } from '@rankloop/contracts';
import type { Db } from '@rankloop/db';
import { recordAuditEvent, type Actor } from '../audit/record-audit-event.ts';
import { emitLiveEvent } from '../live/emit-live-event.ts';
import { findPasswordHash, setPassword } from './credentials.ts';
import { verifyPassword } from './password.ts';
import { accountLimit, forgetFailures, takeTry } from './sign-in-throttle.ts';

export interface ChangePasswordOptions {
  db: Db;
  actor: Actor;
  userId: string;
  email: string;
  /** The session that stays. */
  sessionId: string;
  current: string;
  next: string;
}

/** @throws AppError `wrong_credentials`; `slow_down` after several wrong ones, as at sign-in */
export async function changePassword(options: ChangePasswordOptions): Promise<void> {
  const { db, actor, userId, sessionId, current, next } = options;
  const limit = accountLimit(options.email);
  await takeTry(db.pool, limit);
  if (!(await verifyPassword(await findPasswordHash(db.prisma, userId), current))) {
    throw new AppError('wrong_credentials', {
      detail: 'The current password is wrong.',
      issues: [{ path: '/current', message: 'This is not your current password' }],
    });
  }
  await forgetFailures(db.pool, limit);
  await db.prisma.$transaction(async (tx) => {
    await setPassword(tx, userId, next);
    await tx.session.deleteMany({ where: { userId, id: { not: sessionId } } });
    await recordAuditEvent(tx, actor, { action: 'password.changed', subjectType: 'user', subjectId: userId });
    await emitLiveEvent(tx, { topic: 'person', projectId: null, userId, data: {} });
  });
}
