import pg from 'pg';
import { createLookup } from '../create-lookup.ts';
import { retryOnContention } from './retry-on-contention.ts';
import { READ_LEASE_SQL, WRITE_JUDGEMENT_SQL } from './judgement.sql.ts';

export interface LeaseRow {
  leaseId: string;
  taskId: string;
  state: 'active' | 'submitted' | 'surplus' | 'released' | 'expired';
  expiresAt: Date;
  shownOrder: string[];
  formVersionId: string;
  guidelineVersionId: string | null;
  labelerKind: 'person' | 'synthetic' | 'imported';
  editWindowMs: number;
  submittedAt: Date | null;
  judgementId: string | null;
  revision: number | null;
  counts: boolean | null;
  bodyHash: string | null;
  judgedAt: Date | null;
}

export interface LeaseKey {
  leaseId: string;
  labelerId: string;
  projectId: string;
}

export interface NewJudgementRow extends LeaseKey {
  revision: number;
  source: 'person' | 'synthetic' | 'imported';
  outcome: string;
  skipReason: string | undefined;
  ranks: unknown;
  strength: number | undefined;
  scores: unknown;
  flags: unknown;
  critiques: unknown;
  edits: unknown;
  demonstration: string | undefined;
  comment: string | undefined;
  confidence: number | undefined;
  activeMs: number;
  formVersionId: string;
  guidelineVersionId: string | null;
  bodyHash: string;
}

export interface WrittenJudgement {
  id: string;
  revision: number;
  counts: boolean;
  createdAt: Date;
}

/** The lease of this labeler in this project, or null; another person's lease is null too. */
export async function findLease(pool: pg.Pool, key: LeaseKey): Promise<LeaseRow | null> {
  const [row] = await readLease(pool, key);
  return row ?? null;
}

const readLease = createLookup<LeaseKey, LeaseRow>({
  name: 'lease-read',
  text: READ_LEASE_SQL,
  toValues: (keys) => [
    keys.map((key) => key.leaseId),
    keys.map((key) => key.labelerId),
    keys.map((key) => key.projectId),
  ],
});

function json(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

/**
 * Writes a judgement and settles its lease and slot in one statement.
 *
 * @returns null when the lease already had this revision: read the row again
 */
export async function writeJudgement(pool: pg.Pool, row: NewJudgementRow): Promise<WrittenJudgement | null> {
  const query = {
    name: 'judgement-write',
    text: WRITE_JUDGEMENT_SQL,
    values: [
      row.leaseId,
      row.labelerId,
      row.projectId,
      row.revision,
      row.source,
      row.outcome,
      row.skipReason ?? null,
      json(row.ranks),
      row.strength ?? null,
      json(row.scores),
      json(row.flags),
      json(row.critiques),
      json(row.edits),
      row.demonstration ?? null,
      row.comment ?? null,
      row.confidence ?? null,
      row.activeMs,
      row.formVersionId,
      row.guidelineVersionId,
      row.bodyHash,
    ],
  };
  return retryOnContention(async () => {
    try {
      const { rows } = await pool.query<WrittenJudgement>(query);
      return rows[0] ?? null;
    } catch (error) {
      if (isRevisionTaken(error)) return null;
      throw error;
    }
  });
}

function isRevisionTaken(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.constraint === 'judgement_leaseId_revision_key';
}

/** The revision of a lease that was sent with exactly this body. */
export async function findJudgementByBody(
  pool: pg.Pool,
  leaseId: string,
  bodyHash: string,
): Promise<WrittenJudgement | null> {
  const { rows } = await pool.query<WrittenJudgement>({
    name: 'judgement-by-body',
    text: 'SELECT "id", "revision", "counts", "createdAt" FROM "judgement" WHERE "leaseId" = $1::uuid AND "bodyHash" = $2::text',
    values: [leaseId, bodyHash],
  });
  return rows[0] ?? null;
}
