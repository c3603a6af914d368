import { AppError } from '@rankloop/contracts';
import { Prisma } from '@rankloop/db';
import { setPassword } from './credentials.ts';

export interface CreateUserOptions {
  name: string;
  /** Lower case, as the contracts parse it. */
  email: string;
  password: string;
  siteAdmin?: boolean;
}

/** @throws AppError `conflict` when the e-mail has an account */
export async function createUser(
  tx: Pick<Prisma.TransactionClient, 'account' | 'user'>,
  options: CreateUserOptions,
): Promise<{ userId: string }> {
  const { name, email, password, siteAdmin = false } = options;
  try {
    const { id } = await tx.user.create({ data: { name, email, siteAdmin } });
    await setPassword(tx, id, password);
    return { userId: id };
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new AppError('conflict', {
      detail: 'This e-mail has an account already. Sign in first, then open the link again.',
      cause: error,
    });
  }
}

export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
}
