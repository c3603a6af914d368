import type { Prisma } from '@rankloop/db';
import { hashPassword } from './password.ts';

type Tx = Pick<Prisma.TransactionClient, 'account' | 'user'>;

const PASSWORD = 'credential';

/** Only people sign in; synthetic and imported labelers have no password and never get one. */
export async function findCredentials(tx: Tx, email: string) {
  const user = await tx.user.findUnique({
    where: { email, kind: 'person' },
    select: {
      id: true,
      disabledAt: true,
      accounts: { where: { providerId: PASSWORD }, select: { password: true } },
    },
  });
  if (!user) return null;
  return {
    userId: user.id,
    isDisabled: user.disabledAt !== null,
    passwordHash: user.accounts[0]?.password ?? null,
  };
}

export async function findPasswordHash(tx: Tx, userId: string): Promise<string | null> {
  const account = await tx.account.findUnique({ where: passwordOf(userId), select: { password: true } });
  return account?.password ?? null;
}

export async function setPassword(tx: Tx, userId: string, password: string): Promise<void> {
  const passwordHash = await hashPassword(password);
  await tx.account.upsert({
    where: passwordOf(userId),
    create: { providerId: PASSWORD, accountId: userId, userId, password: passwordHash },
    update: { password: passwordHash },
  });
}

function passwordOf(userId: string) {
  return { providerId_accountId: { providerId: PASSWORD, accountId: userId } };
}
