import type { Prisma } from '@rankloop/db';
import type { JudgementContent } from './judgement-content.ts';

/** Reads only: a transaction or the client itself. */
export type RawReader = Pick<Prisma.TransactionClient, '$queryRawUnsafe'>;

/** A judgement with the ids and hashes of what it judges, without the texts. */
export interface JudgementInForce extends JudgementContent {
  labelerId: string;
  promptId: string;
  createdAt: Date;
}

/** As a snapshot froze it. */
export interface FrozenJudgement extends JudgementInForce {
  position: number;
  contentHash: string;
}

const BATCH_ROWS = 1000;

// In each statement the rows of a batch are found first, for themselves: told how few they are, the planner looks the rest
// up by their keys instead of joining whole tables.

const COLUMNS = `
  j."id", j."leaseId", j."revision", j."taskId", j."labelerId", j."source"::text AS "source",
  j."outcome"::text AS "outcome", j."skipReason", j."shownOrder", j."ranks", j."strength", j."scores", j."flags",
  j."critiques", j."edits", j."demonstration", j."comment", j."confidence", j."activeMs", j."formVersionId",
  j."guidelineVersionId", j."counts", j."createdAt",
  t."promptId", p."contentHash" AS "promptHash", o."completionIds", o."textHashes"`;

const JOINS = `
  JOIN "task" t ON t."id" = j."taskId"
  JOIN "prompt" p ON p."id" = t."promptId"
  LEFT JOIN LATERAL (
    SELECT array_agg(c."id" ORDER BY tc."position") AS "completionIds",
           array_agg(c."textHash" ORDER BY tc."position") AS "textHashes"
    FROM "task_completion" tc JOIN "completion" c ON c."id" = tc."completionId"
    WHERE tc."taskId" = j."taskId") o ON true`;

/**
 * In force: no higher revision of the same lease, by somebody who is not left out. Keyset over (createdAt, id), which is
 * also a snapshot's order.
 */
const IN_FORCE_SQL = `
  WITH j AS MATERIALIZED (
  SELECT j.* FROM "judgement" j WHERE j."projectId" = $1::uuid AND j."source" = ANY($2::"judgement_source"[])
    AND (j."createdAt", j."id") > ($3::timestamptz, $4::uuid)
    AND NOT EXISTS (
      SELECT 1 FROM "labeler_exclusion" e WHERE e."projectId" = $1::uuid AND e."labelerId" = j."labelerId")
    AND NOT EXISTS (SELECT 1 FROM "judgement" n WHERE n."leaseId" = j."leaseId" AND n."revision" > j."revision")
  ORDER BY j."createdAt", j."id" LIMIT ${BATCH_ROWS})
  SELECT ${COLUMNS} FROM j ${JOINS} ORDER BY j."createdAt", j."id"`;

const OF_SNAPSHOT_SQL = `
  WITH sj AS MATERIALIZED (
    SELECT "position", "contentHash", "judgementId" FROM "snapshot_judgement"
    WHERE "snapshotId" = $1::uuid AND "position" > $2 ORDER BY "position" LIMIT ${BATCH_ROWS})
  SELECT sj."position", sj."contentHash", ${COLUMNS} FROM sj JOIN "judgement" j ON j."id" = sj."judgementId" ${JOINS}
  ORDER BY sj."position"`;

const FIRST_ID = '00000000-0000-0000-0000-000000000000';

export async function* readJudgementsInForce(
  reader: RawReader,
  options: { projectId: string; sources: readonly string[] },
): AsyncGenerator<JudgementInForce> {
  let after = { createdAt: new Date(0), id: FIRST_ID };
  for (;;) {
    const rows = await reader.$queryRawUnsafe<JudgementInForce[]>(
      IN_FORCE_SQL,
      options.projectId,
      options.sources,
      after.createdAt,
      after.id,
    );
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH_ROWS) return;
    after = last;
  }
}

/** The same rows for judgements that a snapshot froze, in its order. */
export async function* readJudgementsOfSnapshot(
  reader: RawReader,
  snapshotId: string,
): AsyncGenerator<FrozenJudgement> {
  let position = -1;
  for (;;) {
    const rows = await reader.$queryRawUnsafe<FrozenJudgement[]>(OF_SNAPSHOT_SQL, snapshotId, position);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH_ROWS) return;
    position = last.position;
  }
}
