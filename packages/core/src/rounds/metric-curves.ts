import { Prisma, type PrismaClient } from '@rankloop/db';
import type { Tx } from './fence.ts';

// Curves from the rows that training has written. `read-curves.ts` asks here for rounds whose curves are not stored.

export interface Curve {
  roundId: string;
  stage: string;
  name: string;
  steps: number[];
  values: number[];
}

export interface CurveFilter {
  roundIds: readonly string[];
  stage?: string | undefined;
  name?: string | undefined;
}

/** First and last step of a curve "b". */
const ENDS = Prisma.sql`
  SELECT min(m."step") AS "first", max(m."step") AS "last" FROM "metric" m
  WHERE m."roundId" = b."roundId" AND m."stage" = b."stage" AND m."name" = b."name"`;

/**
 * Which curves some rounds have, as the relation "found". The index on metrics holds them in order, so each is found by
 * one look at it: a round of 300,000 rows is not read to know its thirty names.
 */
function foundIn(roundIds: readonly string[]): Prisma.Sql {
  return Prisma.sql`
    RECURSIVE "found" AS (
      SELECT f.* FROM unnest(${[...roundIds]}::uuid[]) r("id"), LATERAL (
        SELECT m."roundId", m."stage", m."name" FROM "metric" m WHERE m."roundId" = r."id"
        ORDER BY m."stage", m."name" LIMIT 1) f
      UNION ALL
      SELECT f.* FROM "found" b, LATERAL (
        SELECT m."roundId", m."stage", m."name" FROM "metric" m
        WHERE m."roundId" = b."roundId" AND (m."stage", m."name") > (b."stage", b."name")
        ORDER BY m."stage", m."name" LIMIT 1) f
    )`;
}

/** Of these those that are asked for, as the relation "series" with their first and last step. */
function seriesOf({ roundIds, ...only }: CurveFilter): Prisma.Sql {
  const [stage, name] = [only.stage ?? null, only.name ?? null];
  return Prisma.sql`
    ${foundIn(roundIds)}, "series" AS MATERIALIZED (
      SELECT b.*, e.* FROM "found" b, LATERAL (${ENDS}) e
      WHERE (${stage}::text IS NULL OR b."stage" = ${stage}) AND (${name}::text IS NULL OR b."name" = ${name})
    )`;
}

/**
 * The points of a series "s" that show its shape: its ends, and the lowest and highest value of each of the runs of steps
 * that it is cut into. A mean would hide the spikes that a curve is looked at for. A short series is there whole.
 */
function shapeOf(points: number): Prisma.Sql {
  const runs = Math.max(1, Math.floor((points - 2) / 2));
  const ofSeries = Prisma.sql`m."roundId" = s."roundId" AND m."stage" = s."stage" AND m."name" = s."name"`;
  const isLong = Prisma.sql`s."last" - s."first" >= ${points}::int`;
  // Arrays are ordered by their first place, then by the second: of equal values the earliest step counts.
  return Prisma.sql`
    SELECT m."step", m."value" FROM "metric" m WHERE NOT ${isLong} AND ${ofSeries}
    UNION ALL (
      SELECT p."step", p."value" FROM (
        SELECT min(ARRAY[m."value", m."step"]) AS "low", max(ARRAY[m."value", -m."step"]) AS "high" FROM "metric" m
        WHERE ${isLong} AND ${ofSeries}
        GROUP BY (m."step" - s."first")::bigint * ${runs}::bigint / (s."last" - s."first" + 1)
      ) run, LATERAL (VALUES (run."low"[2]::int, run."low"[1]), (-run."high"[2]::int, run."high"[1])) p("step", "value")
      UNION
      SELECT m."step", m."value" FROM "metric" m
      WHERE ${isLong} AND ${ofSeries} AND m."step" IN (s."first", s."last")
    )`;
}

/** The curves of a relation "series", as rows of their points in arrays. */
function curvesOf(points: number): Prisma.Sql {
  return Prisma.sql`
    SELECT s."roundId", s."stage", s."name", c."steps", c."values" FROM "series" s, LATERAL (
      SELECT array_agg(k."step" ORDER BY k."step") AS "steps", array_agg(k."value" ORDER BY k."step") AS "values"
      FROM (${shapeOf(points)}) k) c`;
}

/** Few, so that whoever labels meanwhile finds a connection too. */
const READERS = 4;

/** Several rounds are read side by side: one connection alone would take as long as all of them together. */
export async function readMetricCurves(
  prisma: PrismaClient,
  filter: CurveFilter,
  points: number,
): Promise<Curve[]> {
  const { roundIds } = filter;
  const shares = Array.from({ length: Math.min(READERS, roundIds.length) }, (_, reader) =>
    roundIds.filter((_id, place) => place % READERS === reader),
  );
  const read = (share: readonly string[]) =>
    prisma.$queryRaw<Curve[]>`WITH ${seriesOf({ ...filter, roundIds: share })} ${curvesOf(points)}`;
  return (await Promise.all(shares.map(read))).flat();
}

/** One metric of a stage of each of some rounds: without looking for what else they have. */
export async function readMetricCurvesOf(
  prisma: PrismaClient,
  { stages, name, points }: { stages: readonly RoundStageKey[]; name: string; points: number },
): Promise<Curve[]> {
  if (stages.length === 0) return [];
  const roundIds = stages.map(({ roundId }) => roundId);
  const names = stages.map(({ stage }) => stage);
  return prisma.$queryRaw<Curve[]>`
    WITH "series" AS MATERIALIZED (
      SELECT b.*, e.* FROM (
        SELECT p."roundId", p."stage", ${name}::text AS "name"
        FROM unnest(${roundIds}::uuid[], ${names}::text[]) p("roundId", "stage")) b, LATERAL (${ENDS}) e
      WHERE e."first" IS NOT NULL
    ) ${curvesOf(points)}`;
}

export interface RoundStageKey {
  roundId: string;
  stage: string;
}

export interface CurveEnds {
  name: string;
  first: number;
  newest: number;
  /** How many steps lie between, both counted. */
  steps: number;
}

/** The names of all metrics of some rounds. */
export async function readNames(
  prisma: PrismaClient,
  roundIds: readonly string[],
): Promise<{ name: string }[]> {
  if (roundIds.length === 0) return [];
  return prisma.$queryRaw<{ name: string }[]>`WITH ${foundIn(roundIds)} SELECT DISTINCT "name" FROM "found"`;
}

/** First and newest value of each metric of some rounds. */
export async function readMetricEnds(prisma: PrismaClient, filter: CurveFilter): Promise<CurveEnds[]> {
  if (filter.roundIds.length === 0) return [];
  return prisma.$queryRaw<CurveEnds[]>`
    WITH ${seriesOf(filter)}
    SELECT s."name", f."value" AS "first", l."value" AS "newest", s."last" - s."first" + 1 AS "steps" FROM "series" s
    JOIN "metric" f ON f."roundId" = s."roundId" AND f."stage" = s."stage" AND f."name" = s."name" AND f."step" = s."first"
    JOIN "metric" l ON l."roundId" = s."roundId" AND l."stage" = s."stage" AND l."name" = s."name" AND l."step" = s."last"`;
}

export async function insertCurves(tx: Tx, roundId: string, points: number): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO "round_curve" ("roundId", "stage", "name", "steps", "values")
    WITH ${seriesOf({ roundIds: [roundId] })} ${curvesOf(points)}`;
}

/** Deletes all points of a round's curves but those that show their shape. @returns how many were deleted */
export async function deleteBetween(
  tx: Tx,
  { roundId, points }: { roundId: string; points: number },
): Promise<number> {
  return tx.$executeRaw`
    WITH ${seriesOf({ roundIds: [roundId] })}, "kept" AS (
      SELECT s."stage", s."name", k."step" FROM "series" s, LATERAL (${shapeOf(points)}) k
    )
    DELETE FROM "metric" m WHERE m."roundId" = ${roundId}::uuid AND NOT EXISTS (
      SELECT FROM "kept" k WHERE k."stage" = m."stage" AND k."name" = m."name" AND k."step" = m."step")`;
}
