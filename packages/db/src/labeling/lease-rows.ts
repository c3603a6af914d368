import type pg from 'pg';
import type { LeaseKey } from './judgement-rows.ts';
import { retryOnContention } from './retry-on-contention.ts';

/** $1 lease, $2 labeler, $3 project. */
export const RENEW_SQL = `
WITH kept AS (
  UPDATE "slot" s SET "leaseExpiresAt" = clock_timestamp() + pr."leaseTtlMs" * interval '1 millisecond'
  FROM "project" pr
  WHERE s."id" = (SELECT x."slotId" FROM "lease" x WHERE x."id" = $1::uuid AND x."labelerId" = $2::uuid)
    AND s."leaseId" = $1::uuid AND s."projectId" = $3::uuid AND s."state" = 'leased'
    AND pr."id" = s."projectId"
  RETURNING s."leaseExpiresAt"
)
UPDATE "lease" l SET "expiresAt" = kept."leaseExpiresAt" FROM kept
WHERE l."id" = $1::uuid RETURNING l."expiresAt"`;

/** Holds a task for another lease time. @returns null when the slot is no longer this lease's */
export async function renewLeaseRow(pool: pg.Pool, key: LeaseKey): Promise<Date | null> {
  const { rows } = await retryOnContention(() =>
    pool.query<{ expiresAt: Date }>({
      name: 'lease-renew',
      text: RENEW_SQL,
      values: [key.leaseId, key.labelerId, key.projectId],
    }),
  );
  return rows[0]?.expiresAt ?? null;
}

/** $1 labeler, $2 project or null for all, $3 lease or null for all. Slots first, as everywhere. */
const RELEASE_SQL = `
WITH freed AS (
  UPDATE "slot" s SET "state" = 'free', "leaseId" = NULL, "labelerId" = NULL, "leaseExpiresAt" = NULL
  FROM "lease" x
  WHERE x."labelerId" = $1::uuid AND x."state" = 'active'
    AND ($2::uuid IS NULL OR x."projectId" = $2::uuid)
    AND ($3::uuid IS NULL OR x."id" = $3::uuid)
    AND s."id" = x."slotId" AND s."leaseId" = x."id" AND s."state" = 'leased'
  RETURNING s."id"
)
UPDATE "lease" l SET "state" = 'released'
FROM (SELECT count(*) FROM freed) AS slots_first
WHERE l."labelerId" = $1::uuid AND l."state" = 'active'
  AND ($2::uuid IS NULL OR l."projectId" = $2::uuid)
  AND ($3::uuid IS NULL OR l."id" = $3::uuid)
RETURNING l."id"`;

/** Gives back open leases of a person: one, those of a project, or all. @returns how many */
export async function releaseLeases(
  db: Pick<pg.Pool, 'query'>,
  options: { labelerId: string; projectId?: string; leaseId?: string },
): Promise<number> {
  const { rowCount } = await db.query(RELEASE_SQL, [
    options.labelerId,
    options.projectId ?? null,
    options.leaseId ?? null,
  ]);
  return rowCount ?? 0;
}
