import type { Prisma } from '@rankloop/db';
import { hashSecret, newSecret } from '../shared/secrets.ts';

const SESSION_MS = 30 * 86_400_000;

export interface NewSession {
  /** For the cookie; the database keeps its hash. */
  secret: string;
  sessionId: string;
  expiresAt: Date;
}

export interface StartSessionOptions {
  userId: string;
  address?: string | undefined;
  userAgent?: string | undefined;
  lifetimeMs?: number;
}

/** The only place where a session begins. The caller has checked who it is and that they are not disabled. */
export async function startSession(
  tx: Pick<Prisma.TransactionClient, 'session'>,
  options: StartSessionOptions,
): Promise<NewSession> {
  const secret = newSecret();
  const expiresAt = new Date(Date.now() + (options.lifetimeMs ?? SESSION_MS));
  const { id } = await tx.session.create({
    data: {
      token: hashSecret(secret),
      userId: options.userId,
      expiresAt,
      ipAddress: options.address ?? null,
      userAgent: options.userAgent?.slice(0, 300) ?? null,
    },
  });
  return { secret, sessionId: id, expiresAt };
}
