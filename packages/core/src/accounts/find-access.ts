import { TokenScope, type Role } from '@rankloop/contracts';
import { createLookup, type Db, keyRows } from '@rankloop/db';
import { hashSecret } from '../shared/secrets.ts';
import type { Access, Principal } from './principal.ts';

interface AccessRow {
  userId: string;
  name: string;
  email: string;
  siteAdmin: boolean;
  kind: Principal['kind'];
  projectId: string | null;
  role: Role | null;
  isDemo: boolean | null;
  leaseTtlMs: number | null;
  editWindowMs: number | null;
}
type SessionRow = AccessRow & { sessionId: string; expiresAt: Date };
type TokenRow = AccessRow & { tokenId: string; scopes: string[]; isStale: boolean };

// Runs on every request: at most one row for each key.
const KEYS = `${keyRows(['text', 'uuid'])} AS k(secret, "projectId", ord)`;
const PERSON_AND_PROJECT = `
  u.id AS "userId", u.name, u.email, u."siteAdmin", u.kind,
  p.id AS "projectId", p."isDemo", p."leaseTtlMs", p."editWindowMs", m.role`;
const JOINS = `
  LEFT JOIN project p ON p.id = k."projectId"
  LEFT JOIN membership m ON m."projectId" = p.id AND m."userId" = u.id`;

const BY_SESSION = `
  SELECT k.ord, s.id AS "sessionId", s."expiresAt", ${PERSON_AND_PROJECT}
  FROM ${KEYS} JOIN session s ON s.token = k.secret JOIN "user" u ON u.id = s."userId" ${JOINS}
  WHERE s."expiresAt" > now() AND u."disabledAt" IS NULL`;

const BY_TOKEN = `
  SELECT k.ord, t.id AS "tokenId", t.scopes,
    (t."lastUsedAt" IS NULL OR t."lastUsedAt" < now() - interval '1 minute') AS "isStale", ${PERSON_AND_PROJECT}
  FROM ${KEYS} JOIN api_token t ON t."tokenHash" = k.secret JOIN "user" u ON u.id = t."userId" ${JOINS}
  WHERE t."revokedAt" IS NULL AND (t."expiresAt" IS NULL OR t."expiresAt" > now())
    AND u."disabledAt" IS NULL`;

type Pool = Pick<Db['pool'], 'query'>;

interface AccessKey {
  secretHash: string;
  projectId: string | null;
}

const toValues = (keys: readonly AccessKey[]) => [
  keys.map((key) => key.secretHash),
  keys.map((key) => key.projectId),
];
const findBySession = createLookup<AccessKey, SessionRow>({
  name: 'access_by_session',
  text: BY_SESSION,
  toValues,
});
const findByToken = createLookup<AccessKey, TokenRow>({ name: 'access_by_token', text: BY_TOKEN, toValues });

/** Whose session a cookie's secret is, and what they may do in the project. */
export async function findAccessBySession(
  pool: Pool,
  secret: string,
  projectId: string | null,
): Promise<Access | null> {
  const [row] = await findBySession(pool, { secretHash: hashSecret(secret), projectId });
  if (!row) return null;
  return toAccess(row, { kind: 'session', sessionId: row.sessionId, expiresAt: row.expiresAt });
}

/** Whose API token it is, and what they may do in the project now. */
export async function findAccessByToken(
  pool: Pool,
  secret: string,
  projectId: string | null,
): Promise<Access | null> {
  const [row] = await findByToken(pool, { secretHash: hashSecret(secret), projectId });
  if (!row) return null;
  if (row.isStale) {
    // To the minute is enough, so that a busy script does not write on every request.
    await pool.query('UPDATE api_token SET "lastUsedAt" = now() WHERE id = $1', [row.tokenId]);
  }
  const scopes = row.scopes.flatMap((scope) => TokenScope.safeParse(scope).data ?? []);
  return toAccess(row, { kind: 'token', tokenId: row.tokenId, scopes });
}

function toAccess(row: AccessRow, via: Principal['via']): Access {
  const { userId, name, email, siteAdmin, kind } = row;
  const role = row.siteAdmin ? 'admin' : row.role;
  const project =
    row.projectId === null || role === null
      ? null
      : {
          projectId: row.projectId,
          role,
          isDemo: row.isDemo ?? false,
          leaseTtlMs: row.leaseTtlMs ?? 0,
          editWindowMs: row.editWindowMs ?? 0,
        };
  return { principal: { userId, name, email, siteAdmin, kind, via }, project };
}
