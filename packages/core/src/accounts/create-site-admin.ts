import type { Db } from '@rankloop/db';
import { recordAuditEvent } from '../audit/record-audit-event.ts';
import { createUser, type CreateUserOptions } from './create-user.ts';

/** The first account of an installation, made by whoever can reach its database. @throws AppError `conflict` */
export async function createSiteAdmin(
  db: Pick<Db, 'prisma'>,
  options: Omit<CreateUserOptions, 'siteAdmin'>,
): Promise<{ userId: string }> {
  return db.prisma.$transaction(async (tx) => {
    const { userId } = await createUser(tx, { ...options, siteAdmin: true });
    await recordAuditEvent(
      tx,
      { userId: null },
      { action: 'admin.created', subjectType: 'user', subjectId: userId },
    );
    return { userId };
  });
}
