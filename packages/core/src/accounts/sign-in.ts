import { AppError, type AuditAction } from '@rankloop/contracts';
import type { Db } from '@rankloop/db';
import { recordAuditEvent } from '../audit/record-audit-event.ts';
import { findCredentials } from './credentials.ts';
import { verifyPassword } from './password.ts';
import {
  accountLimit,
  addressLimit,
  forgetFailures,
  giveBackTry,
  refuseWhileWaiting,
  takeTry,
} from './sign-in-throttle.ts';
import { startSession, type NewSession } from './start-session.ts';

const SIGNED_IN: AuditAction = 'user.signed-in';
/** An address from which a person has signed in this recently is a usual one. */
const USUAL_MS = 90 * 86_400_000;

export interface SignInOptions {
  db: Db;
  email: string;
  password: string;
  address: string;
  userAgent?: string | undefined;
  requestId?: string | undefined;
}

/** @throws AppError `wrong_credentials`, the same for an unknown, a disabled and a mistyped account; `slow_down` */
export async function signIn(options: SignInOptions): Promise<NewSession & { userId: string }> {
  const { db, email, password, address } = options;
  const byAddress = addressLimit(address);
  await refuseWhileWaiting(db.pool, byAddress);
  const found = await findCredentials(db.prisma, email);
  const isUsual = found !== null && (await hasSignedInFrom(db, found.userId, address));
  const byAccount = isUsual ? accountLimit(email, address) : accountLimit(email);
  await takeTry(db.pool, byAccount);
  await takeTry(db.pool, byAddress);

  const isRight = await verifyPassword(found?.passwordHash ?? null, password);
  if (!found || !isRight || found.isDisabled) throw new AppError('wrong_credentials');
  await forgetFailures(db.pool, byAccount);
  await giveBackTry(db.pool, byAddress);
  const { userId } = found;
  return db.prisma.$transaction(async (tx) => {
    const session = await startSession(tx, { userId, address, userAgent: options.userAgent });
    const actor = { userId, address, requestId: options.requestId };
    await recordAuditEvent(tx, actor, { action: SIGNED_IN, subjectType: 'user', subjectId: userId });
    return { ...session, userId };
  });
}

async function hasSignedInFrom(db: Db, actorId: string, address: string): Promise<boolean> {
  const since = new Date(Date.now() - USUAL_MS);
  const found = await db.prisma.auditEvent.findFirst({
    where: { actorId, action: SIGNED_IN, address, at: { gt: since } },
    select: { id: true },
  });
  return found !== null;
}
