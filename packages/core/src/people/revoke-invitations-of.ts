import type { Prisma } from '@rankloop/db';

/** Open links of somebody who may no longer invite: a link made ahead must not be a way back in. */
export async function revokeInvitationsOf(
  tx: Pick<Prisma.TransactionClient, 'invitation'>,
  maker: { createdById: string; projectId?: string },
): Promise<void> {
  await tx.invitation.updateMany({
    where: { ...maker, usedAt: null, revokedAt: null },
    data: { revokedAt: new Date() },
  });
}
