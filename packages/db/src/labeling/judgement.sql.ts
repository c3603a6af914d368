import { keyRows } from '../create-lookup.ts';

/**
 * $1 leases, $2 labelers, $3 projects. What a submit must know before it writes; the newest judgement, if any, comes along.
 * OFFSET 0: for the reason below.
 */
export const READ_LEASE_SQL = `
SELECT k.ord, l."id" AS "leaseId", l."taskId", l."state", l."expiresAt", l."shownOrder"::text[] AS "shownOrder",
       t."formVersionId", u."kind" AS "labelerKind", pr."editWindowMs",
       (SELECT g."id" FROM "guideline_version" g WHERE g."projectId" = l."projectId" ORDER BY g."version" DESC LIMIT 1) AS "guidelineVersionId",
       j."id" AS "judgementId", j."revision", j."counts", j."bodyHash", j."createdAt" AS "judgedAt",
       l."submittedAt"
FROM ${keyRows(['uuid', 'uuid', 'uuid'])} AS k("leaseId", "labelerId", "projectId", ord)
JOIN LATERAL (SELECT * FROM "lease" x WHERE x."id" = k."leaseId" OFFSET 0) l
  ON l."labelerId" = k."labelerId" AND l."projectId" = k."projectId"
JOIN "task" t ON t."id" = l."taskId"
JOIN "user" u ON u."id" = l."labelerId"
JOIN "project" pr ON pr."id" = l."projectId"
LEFT JOIN LATERAL (
  SELECT * FROM "judgement" x WHERE x."leaseId" = l."id" ORDER BY x."revision" DESC LIMIT 1
) j ON true`;

/**
 * One statement writes the judgement, settles the slot and the lease.
 *
 * Slot before lease, as in a claim: two orders would deadlock. The lease row's lock puts repeated submits in line; the one that waited sees the changed state and writes nothing
 * (its caller then reads again in a new statement). The slot counts when this lease still holds it, even past its time,
 * or when nobody holds it; otherwise the judgement is kept as surplus. A skip frees the slot for others.
 * Slot and lease change only when the judgement was written. A lease is found by its id alone and then held against
 * labeler and project, and OFFSET 0 keeps `other` from becoming a join: before the first statistics of a busy table
 * the planner would rather read all leases of the person.
 *
 * $1 lease, $2 labeler, $3 project, $4 revision, $5 source, $6 outcome, $7 skip reason, $8 ranks, $9 strength, $10 scores,
 * $11 flags, $12 critiques, $13 edits, $14 demonstration, $15 comment, $16 confidence, $17 active ms, $18 form version,
 * $19 guideline version, $20 body hash.
 */
export const WRITE_JUDGEMENT_SQL = `
WITH held AS MATERIALIZED (
  SELECT s."id", s."leaseId" = $1::uuid OR s."state" = 'free' AS "isOurs" FROM "slot" s
  WHERE s."id" = (SELECT x."slotId" FROM "lease" x WHERE x."id" = $1::uuid)
  FOR UPDATE
), l AS MATERIALIZED (
  SELECT y."id", y."taskId", y."slotId", y."labelerId", y."projectId", y."state", y."submittedAt", y."shownOrder"
  FROM (SELECT count(*) FROM held) AS slot_first, "lease" y
  WHERE y."id" = $1::uuid
  FOR UPDATE OF y
), fresh AS (
  SELECT * FROM l
  WHERE l."labelerId" = $2::uuid AND l."projectId" = $3::uuid
    AND CASE WHEN $4::int = 1 THEN l."state" IN ('active', 'expired', 'released')
        ELSE l."submittedAt" IS NOT NULL END
), other AS (
  SELECT 1 FROM fresh, LATERAL (
    SELECT FROM "lease" o
    WHERE o."taskId" = fresh."taskId" AND o."labelerId" = $2::uuid AND o."id" <> $1::uuid
      AND o."state" IN ('active', 'submitted', 'surplus')
    OFFSET 0) AS o
), ours AS (
  SELECT "id" FROM held WHERE "isOurs" AND NOT EXISTS (SELECT 1 FROM other)
), written AS (
  INSERT INTO "judgement" ("leaseId", "revision", "projectId", "taskId", "labelerId", "source", "outcome", "skipReason",
    "shownOrder", "ranks", "strength", "scores", "flags", "critiques", "edits", "demonstration", "comment", "confidence",
    "activeMs", "formVersionId", "guidelineVersionId", "counts", "bodyHash")
  SELECT $1::uuid, $4::int, $3::uuid, fresh."taskId", $2::uuid, $5::"judgement_source", $6::text::"judgement_outcome", $7::text,
    fresh."shownOrder", $8::jsonb, $9::int, $10::jsonb, $11::jsonb, $12::jsonb, $13::jsonb, $14::text, $15::text, $16::int,
    $17::int, $18::uuid, $19::uuid, $6::text <> 'skipped' AND EXISTS (SELECT 1 FROM ours), $20::text
  FROM fresh
  RETURNING "id", "revision", "counts", "createdAt", "outcome"
), slot_settled AS (
  UPDATE "slot" s SET
    "state" = CASE WHEN written."outcome" = 'skipped' THEN 'free' ELSE 'done' END::"slot_state",
    "isOpen" = written."outcome" = 'skipped',
    "leaseId" = CASE WHEN written."outcome" = 'skipped' THEN NULL ELSE $1::uuid END,
    "labelerId" = CASE WHEN written."outcome" = 'skipped' THEN NULL ELSE $2::uuid END,
    "leaseExpiresAt" = NULL
  FROM written, ours WHERE s."id" = ours."id"
), lease_settled AS (
  UPDATE "lease" SET
    "state" = CASE
      WHEN EXISTS (SELECT 1 FROM other) THEN "lease"."state"
      WHEN written."counts" OR written."outcome" = 'skipped' THEN 'submitted'
      ELSE 'surplus' END::"lease_state",
    "submittedAt" = COALESCE("lease"."submittedAt", written."createdAt")
  FROM written WHERE "lease"."id" = $1::uuid
)
SELECT "id", "revision", "counts", "createdAt" FROM written`;
