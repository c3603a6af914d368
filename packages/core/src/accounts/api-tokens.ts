import { AppError, TokenScope, type ApiToken } from '@rankloop/contracts';
import type { Db } from '@rankloop/db';
import { recordAuditEvent, type Actor } from '../audit/record-audit-event.ts';
import { hashSecret, newSecret } from '../shared/secrets.ts';

const DAY_MS = 86_400_000;

interface TokenRow {
  id: string;
  name: string;
  hint: string;
  scopes: string[];
  createdAt: Date;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
}

export interface CreateApiTokenOptions {
  db: Pick<Db, 'prisma'>;
  actor: Actor;
  userId: string;
  name: string;
  scopes: readonly TokenScope[];
  expiresInDays?: number | undefined;
}

/** The secret leaves here once; the row keeps its hash and a hint to tell tokens apart. */
export async function createApiToken(options: CreateApiTokenOptions): Promise<ApiToken & { secret: string }> {
  const { db, actor, userId, name, expiresInDays } = options;
  const secret = `rl_${newSecret()}`;
  const row = await db.prisma.$transaction(async (tx) => {
    const token = await tx.apiToken.create({
      data: {
        userId,
        name,
        // The bearer's part is hashed whole, prefix and all.
        tokenHash: hashSecret(secret),
        hint: `${secret.slice(0, 7)}…`,
        scopes: [...new Set(options.scopes)],
        expiresAt: expiresInDays === undefined ? null : new Date(Date.now() + expiresInDays * DAY_MS),
      },
    });
    const detail = { scopes: token.scopes.join(' ') };
    await recordAuditEvent(tx, actor, {
      action: 'token.created',
      subjectType: 'token',
      subjectId: token.id,
      detail,
    });
    return token;
  });
  return { ...toApiToken(row), secret };
}

export async function listApiTokens(db: Pick<Db, 'prisma'>, userId: string): Promise<ApiToken[]> {
  const rows = await db.prisma.apiToken.findMany({
    where: { userId, revokedAt: null },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
  });
  return rows.map(toApiToken);
}

export interface RevokeApiTokenOptions {
  db: Pick<Db, 'prisma'>;
  actor: Actor;
  userId: string;
  tokenId: string;
}

/** @throws AppError `not_found` for another person's token too */
export async function revokeApiToken({ db, actor, userId, tokenId }: RevokeApiTokenOptions): Promise<void> {
  await db.prisma.$transaction(async (tx) => {
    const { count } = await tx.apiToken.updateMany({
      where: { id: tokenId, userId, revokedAt: null },
      data: { revokedAt: new Date() },
    });
    if (count === 0) throw new AppError('not_found');
    await recordAuditEvent(tx, actor, { action: 'token.revoked', subjectType: 'token', subjectId: tokenId });
  });
}

function toApiToken(row: TokenRow): ApiToken {
  return {
    id: row.id,
    name: row.name,
    hint: row.hint,
    scopes: row.scopes.flatMap((scope) => TokenScope.safeParse(scope).data ?? []),
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  };
}
