import type { AuditAction } from '@rankloop/contracts';
import type { Db, Prisma } from '@rankloop/db';

/** Who asked, as the audit row keeps it. The command line has no account: `userId` null. */
export interface Actor {
  userId: string | null;
  requestId?: string | undefined;
  address?: string | undefined;
}

export interface AuditInput {
  action: AuditAction;
  projectId?: string | null;
  subjectType: string;
  subjectId?: string | null;
  /** Names and numbers; never texts, passwords or tokens. */
  detail?: Record<string, string | number | boolean | null>;
}

/** Part of the use case's transaction: what happened is written down if and only if it happened. */
export async function recordAuditEvent(
  tx: Pick<Prisma.TransactionClient, 'auditEvent'> | Pick<Db['prisma'], 'auditEvent'>,
  actor: Actor,
  event: AuditInput,
): Promise<void> {
  await tx.auditEvent.create({
    data: {
      actorId: actor.userId,
      requestId: actor.requestId ?? null,
      address: actor.address ?? null,
      action: event.action,
      projectId: event.projectId ?? null,
      subjectType: event.subjectType,
      subjectId: event.subjectId ?? null,
      detail: event.detail ?? {},
    },
  });
}
