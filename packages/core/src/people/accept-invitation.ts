import { AppError, type InvitationInfo, type Role } from '@rankloop/contracts';
import { type Db, type Prisma } from '@rankloop/db';
import type { z } from 'zod';
import { createUser, isUniqueViolation } from '../accounts/create-user.ts';
import type { Principal } from '../accounts/principal.ts';
import { startSession, type NewSession } from '../accounts/start-session.ts';
import { recordAuditEvent, type Actor } from '../audit/record-audit-event.ts';
import { emitLiveEvent } from '../live/emit-live-event.ts';
import { hashSecret } from '../shared/secrets.ts';
import { joinProject } from './join-project.ts';

const usable = () => ({ usedAt: null, revokedAt: null, expiresAt: { gt: new Date() } });

/** What a link offers, to show before it is used. @throws AppError `link_used` */
export async function readInvitation(
  db: Pick<Db, 'prisma'>,
  token: string,
  principal: Principal | null,
): Promise<z.infer<typeof InvitationInfo>> {
  const invitation = await db.prisma.invitation.findUnique({
    where: { tokenHash: hashSecret(token), ...usable() },
    include: { project: { select: { id: true, name: true, slug: true } } },
  });
  if (!invitation) throw new AppError('link_used');
  const { project } = invitation;
  const isMember =
    project !== null &&
    principal !== null &&
    (await db.prisma.membership.count({ where: { projectId: project.id, userId: principal.userId } })) > 0;
  return {
    email: invitation.email,
    role: invitation.role,
    projectName: project?.name ?? null,
    expiresAt: invitation.expiresAt.toISOString(),
    signedInAs: principal?.email ?? null,
    memberOf: isMember ? { slug: project.slug } : null,
  };
}

export interface AcceptInvitationOptions {
  db: Pick<Db, 'prisma'>;
  actor: Omit<Actor, 'userId'>;
  token: string;
  /** A signed-in person joins with that account. */
  principal: Principal | null;
  /** For somebody new. */
  account?: { name: string; email: string; password: string } | undefined;
  userAgent?: string | undefined;
}

export interface AcceptedInvitation {
  userId: string;
  /** Absent when the person was signed in already. */
  session: NewSession | null;
}

/** Uses a link once: of any number of tries at once, one wins. A try that fails leaves the link usable. */
export async function acceptInvitation(options: AcceptInvitationOptions): Promise<AcceptedInvitation> {
  const { db, token, principal } = options;
  return db.prisma.$transaction(async (tx) => {
    const tokenHash = hashSecret(token);
    const usedAt = new Date();
    // The row is locked from here on: whoever comes second waits, and then finds the link used.
    const { count } = await tx.invitation.updateMany({ where: { tokenHash, ...usable() }, data: { usedAt } });
    if (count === 0) throw new AppError('link_used');
    const invitation = await tx.invitation.findUniqueOrThrow({ where: { tokenHash } });
    const { email, projectId, role } = invitation;
    const user = await findOrCreateUser(tx, options, { email, siteAdmin: invitation.siteAdmin });
    await tx.invitation.update({ where: { tokenHash }, data: { usedById: user.userId } });
    if (projectId !== null) await join(tx, { projectId, userId: user.userId, role: role ?? 'labeler' });
    await recordAuditEvent(
      tx,
      { ...options.actor, userId: user.userId },
      { action: 'invitation.accepted', projectId, subjectType: 'invitation', subjectId: invitation.id },
    );
    const { address } = options.actor;
    const session = principal
      ? null
      : await startSession(tx, { userId: user.userId, address, userAgent: options.userAgent });
    return { userId: user.userId, session };
  });
}

async function findOrCreateUser(
  tx: Prisma.TransactionClient,
  { principal, account }: AcceptInvitationOptions,
  offer: { email: string | null; siteAdmin: boolean },
): Promise<{ userId: string }> {
  const email = principal?.email ?? account?.email;
  if (email === undefined) {
    throw new AppError('bad_request', {
      detail: 'Give a name, an e-mail and a password.',
      issues: [{ path: '/account', message: 'Needed to make an account' }],
    });
  }
  if (offer.email !== null && offer.email !== email) {
    throw new AppError('bad_request', {
      detail: `This link is for ${offer.email}.`,
      issues: [{ path: '/account/email', message: 'The link is for another e-mail' }],
    });
  }
  if (!principal && account) return createUser(tx, { ...account, siteAdmin: offer.siteAdmin });
  const userId = principal?.userId ?? '';
  if (offer.siteAdmin) await tx.user.update({ where: { id: userId }, data: { siteAdmin: true } });
  return { userId };
}

async function join(
  tx: Prisma.TransactionClient,
  membership: { projectId: string; userId: string; role: Role },
): Promise<void> {
  const { projectId, userId } = membership;
  try {
    await joinProject(tx, membership);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new AppError('conflict', { detail: 'You are in this project already.', cause: error });
  }
  await emitLiveEvent(tx, { topic: 'person', projectId, userId, data: { joined: true } });
}
