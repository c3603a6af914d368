import { keyRows } from '../create-lookup.ts';

/**
 * The person has no lease that still blocks the task of slot `s` for them. OFFSET 0 keeps the planner from making a join
 * of it: before the first statistics of a busy table exist, it reads all leases of the person for every claim.
 */
const TASK_IS_NEW = `NOT EXISTS (
      SELECT 1 FROM "lease" l
      WHERE l."taskId" = s."taskId" AND l."labelerId" = $2::uuid AND l."state" IN ('active', 'submitted', 'surplus')
      OFFSET 0)`;

/** Columns of a claimed lease; expects `n` (lease columns) in scope. */
const LEASE_COLUMNS = `n."id" AS "leaseId", n."taskId", n."expiresAt", n."shownOrder"::text[] AS "shownOrder"`;

/** What a look for a slot takes, and whether it waits for slots that others are just claiming. */
export type Look = 'free' | 'free-or-expired' | 'wait';

/**
 * $1 project, $2 labeler, $3 lease time in ms, $4 and $5 the position to look from: minus the priority, and slot id.
 * The row lock decides: whoever waits for it sees the condition evaluated again on the changed row. A count of leases
 * inside this statement would be judged on the old snapshot and over-claim.
 * `free` passes by slots whose lease ran out and is the cheapest, for most looks; `wait` is the last look: without SKIP
 * LOCKED, so that "nothing left" is never said because of a lock.
 */
export function claimSql(look: Look): string {
  const isFree = `s."state" = 'free'`;
  return `
WITH candidate AS (
  SELECT s."id", s."taskId", s."leaseId" AS "oldLeaseId", -s."priority"::bigint AS "rank"
  FROM "slot" s
  WHERE s."projectId" = $1::uuid
    AND s."isOpen"
    AND ${look === 'free' ? isFree : `(${isFree} OR s."leaseExpiresAt" <= clock_timestamp())`}
    AND (-s."priority"::bigint, s."id") >= ($4::bigint, $5::bigint)
    AND ${TASK_IS_NEW}
  ORDER BY -s."priority"::bigint, s."id"
  LIMIT 1
  FOR UPDATE OF s${look === 'wait' ? '' : ' SKIP LOCKED'}
), ${look === 'free' ? '' : GIVE_UP_OLD_LEASE}n AS (
  INSERT INTO "lease" ("projectId", "taskId", "slotId", "labelerId", "shownOrder", "claimedAt", "expiresAt")
  SELECT $1::uuid, c."taskId", c."id", $2::uuid,
         ARRAY(SELECT tc."completionId" FROM "task_completion" tc WHERE tc."taskId" = c."taskId" ORDER BY random()),
         clock_timestamp(), clock_timestamp() + $3::int * interval '1 millisecond'
  FROM candidate c
  RETURNING "id", "taskId", "slotId", "shownOrder", "expiresAt"
), taken AS (
  UPDATE "slot" s SET "state" = 'leased', "leaseId" = n."id", "labelerId" = $2::uuid, "leaseExpiresAt" = n."expiresAt"
  FROM n WHERE s."id" = n."slotId"
)
SELECT ${LEASE_COLUMNS}, c."rank", c."id" AS "slotId" FROM candidate c, n`;
}

const GIVE_UP_OLD_LEASE = `gone AS (
  UPDATE "lease" l SET "state" = 'expired'
  FROM candidate c WHERE l."id" = c."oldLeaseId" AND l."state" = 'active'
), `;

/** $1 tasks. What their screens show; the texts as completion id -> text. */
export const TASK_CONTENT_SQL = `
SELECT k.ord, t."formVersionId", p."conversation",
  (SELECT json_object_agg(c."id", c."text") FROM "task_completion" tc JOIN "completion" c ON c."id" = tc."completionId"
    WHERE tc."taskId" = t."id") AS "texts"
FROM ${keyRows(['uuid'])} AS k("taskId", ord)
JOIN "task" t ON t."id" = k."taskId"
JOIN "prompt" p ON p."id" = t."promptId"`;

/**
 * $1 projects, $2 labelers. The open leases of each, oldest first: more than one browser may hold. Sorted outside: an
 * order inside has the planner walk all leases of the person, which are in that order, instead of the open ones.
 */
export const OWN_OPEN_LEASES_SQL = `
SELECT k.ord, own."id"
FROM ${keyRows(['uuid', 'uuid'])} AS k("projectId", "labelerId", ord), LATERAL (
  SELECT l."id", l."claimedAt" FROM "lease" l
  WHERE l."labelerId" = k."labelerId" AND l."projectId" = k."projectId" AND l."state" = 'active'
  OFFSET 0) own
ORDER BY k.ord, own."claimedAt"`;

/** $1 lease, $2 labeler, $3 lease time in ms. Nothing comes back when somebody else retook the slot meanwhile. */
export const RENEW_OWN_SQL = `
WITH kept AS (
  UPDATE "slot" s SET "leaseExpiresAt" = clock_timestamp() + $3::int * interval '1 millisecond'
  WHERE s."id" = (SELECT x."slotId" FROM "lease" x WHERE x."id" = $1::uuid AND x."labelerId" = $2::uuid)
    AND s."leaseId" = $1::uuid AND s."state" = 'leased'
  RETURNING s."leaseExpiresAt"
), n AS (
  UPDATE "lease" l SET "expiresAt" = kept."leaseExpiresAt"
  FROM kept WHERE l."id" = $1::uuid AND l."state" = 'active'
  RETURNING l."id", l."taskId", l."shownOrder", l."expiresAt"
)
SELECT ${LEASE_COLUMNS} FROM n`;

/** $1 project, $2 labeler. */
export const WITH_OTHERS_SQL = `
SELECT count(*)::int AS "withOthers", min(s."leaseExpiresAt") AS "mayReturnAt"
FROM "slot" s
WHERE s."projectId" = $1::uuid AND s."isOpen" AND s."state" = 'leased' AND s."labelerId" <> $2::uuid
  AND ${TASK_IS_NEW}`;
