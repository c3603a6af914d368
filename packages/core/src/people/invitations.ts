import { AppError, type CreatedLink, type Invitation, type PageQuery, type Role } from '@rankloop/contracts';
import type { Db } from '@rankloop/db';
import { recordAuditEvent, type Actor } from '../audit/record-audit-event.ts';
import { olderThan, toTimePage } from '../shared/page.ts';
import { hashSecret, newSecret } from '../shared/secrets.ts';

const HOUR_MS = 3_600_000;

export interface CreateInvitationOptions {
  db: Pick<Db, 'prisma'>;
  actor: Actor & { userId: string };
  projectId: string;
  role: Role;
  /** When set, only an account with this e-mail may use the link. */
  email?: string | undefined;
  expiresInHours: number;
}

/** A single-use link; only its hash is kept. */
export async function createInvitation(options: CreateInvitationOptions): Promise<CreatedLink> {
  const { db, actor, projectId, role } = options;
  const secret = newSecret();
  const expiresAt = new Date(Date.now() + options.expiresInHours * HOUR_MS);
  const { id } = await db.prisma.$transaction(async (tx) => {
    const invitation = await tx.invitation.create({
      data: {
        tokenHash: hashSecret(secret),
        projectId,
        role,
        email: options.email ?? null,
        createdById: actor.userId,
        expiresAt,
      },
    });
    await recordAuditEvent(tx, actor, {
      action: 'invitation.created',
      projectId,
      subjectType: 'invitation',
      subjectId: invitation.id,
      detail: { role },
    });
    return invitation;
  });
  // Behind the hash, so that the secret never reaches a server's log.
  return { id, path: `/invite#${secret}`, expiresAt: expiresAt.toISOString() };
}

export interface ListInvitationsOptions extends PageQuery {
  db: Pick<Db, 'prisma'>;
  projectId: string;
}

export async function listInvitations({ db, projectId, cursor, limit }: ListInvitationsOptions) {
  const rows = await db.prisma.invitation.findMany({
    where: { projectId, ...olderThan(cursor) },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit + 1,
  });
  return toTimePage(rows, limit, (row): Invitation => ({
    id: row.id,
    email: row.email,
    role: row.role,
    siteAdmin: row.siteAdmin,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    usedAt: row.usedAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
  }));
}

export interface RevokeInvitationOptions {
  db: Pick<Db, 'prisma'>;
  actor: Actor;
  projectId: string;
  invitationId: string;
}

/** @throws AppError `not_found`; `link_used` when somebody was faster */
export async function revokeInvitation(options: RevokeInvitationOptions): Promise<void> {
  const { db, actor, projectId, invitationId } = options;
  await db.prisma.$transaction(async (tx) => {
    const invitation = await tx.invitation.findUnique({ where: { id: invitationId, projectId } });
    if (!invitation) throw new AppError('not_found');
    const { count } = await tx.invitation.updateMany({
      where: { id: invitationId, projectId, usedAt: null },
      data: { revokedAt: invitation.revokedAt ?? new Date() },
    });
    if (count === 0) throw new AppError('link_used');
    await recordAuditEvent(tx, actor, {
      action: 'invitation.revoked',
      projectId,
      subjectType: 'invitation',
      subjectId: invitationId,
    });
  });
}
