import { AppError } from '@rankloop/contracts';
import type { Db } from '@rankloop/db';
import { recordAuditEvent } from '../audit/record-audit-event.ts';
import { findCredentials } from './credentials.ts';
import { verifyPassword } from './password.ts';
import {
  accountLimit,
  addressLimit,
  countFailure,
  forgetFailures,
  refuseWhileWaiting,
  takeTry,
} from './sign-in-throttle.ts';
import { startSession, type NewSession } from './start-session.ts';

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
  const byAccount = accountLimit(email);
  const byAddress = addressLimit(address);
  await refuseWhileWaiting(db.pool, byAddress);
  await takeTry(db.pool, byAccount);

  const found = await findCredentials(db.prisma, email);
  const isRight = await verifyPassword(found?.passwordHash ?? null, password);
  if (!found || !isRight || found.isDisabled) {
    await countFailure(db.pool, byAddress);
    throw new AppError('wrong_credentials');
  }
  await forgetFailures(db.pool, byAccount);
  const { userId } = found;
  return db.prisma.$transaction(async (tx) => {
    const session = await startSession(tx, { userId, address, userAgent: options.userAgent });
    const actor = { userId, address, requestId: options.requestId };
    await recordAuditEvent(tx, actor, { action: 'signed-in', subjectType: 'user', subjectId: userId });
    return { ...session, userId };
  });
}
