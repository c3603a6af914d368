import { Prisma, type PrismaClient } from '@rankloop/db';
import { insertCurves, type Curve, type CurveEnds, type CurveFilter } from './metric-curves.ts';
import { ACTIVE_STATES } from './stages.ts';

// A round that has ended changes no more: its curves are kept as shapes, beside the rows that they were made from.

/** More than a chart is wide. */
export const STORED_POINTS = 1000;

const ROUNDS_PER_CALL = 20;

/**
 * Stores the curves of rounds that have ended since. One that was tried again has them stored anew at its next end.
 *
 * @returns of how many rounds
 */
export async function storeCurves(prisma: PrismaClient, limit = ROUNDS_PER_CALL): Promise<number> {
  const due = await prisma.$queryRaw<{ id: string; endedAt: Date }[]>`
    SELECT r."id", r."endedAt" FROM "round" r WHERE r."endedAt" IS NOT NULL AND ${HAS_ENDED}
      AND r."curvesStoredFor" IS DISTINCT FROM r."endedAt"
    ORDER BY r."endedAt" DESC LIMIT ${limit}`;
  let stored = 0;
  for (const { id, endedAt } of due) {
    stored += await prisma.$transaction(async (tx) => {
      // Who tries the round again waits for this row, or has taken it.
      const { count } = await tx.round.updateMany({
        where: { id, endedAt, state: { notIn: [...ACTIVE_STATES] } },
        data: { curvesStoredFor: endedAt },
      });
      if (count === 0) return 0;
      await tx.roundCurve.deleteMany({ where: { roundId: id } });
      await insertCurves(tx, id, STORED_POINTS);
      return 1;
    }, WRITING);
  }
  return stored;
}

/** A round of millions of rows takes seconds. */
const WRITING = { maxWait: 20_000, timeout: 120_000 } as const;

const HAS_ENDED = Prisma.sql`r."state"::text <> ALL (${[...ACTIVE_STATES]}::text[])`;

export interface Stored<Row> {
  rows: Row[];
  /** Whose curves are not stored: they have to be read from their metrics. */
  missing: string[];
}

export function readStoredCurves(prisma: PrismaClient, filter: CurveFilter): Promise<Stored<Curve>> {
  return readStored<Curve>(
    prisma,
    filter,
    Prisma.sql`c."roundId", c."stage", c."name", c."steps", c."values"`,
  );
}

export function readStoredNames(
  prisma: PrismaClient,
  filter: CurveFilter,
): Promise<Stored<{ name: string }>> {
  return readStored<{ name: string }>(prisma, filter, Prisma.sql`c."name"`);
}

export function readStoredEnds(prisma: PrismaClient, filter: CurveFilter): Promise<Stored<CurveEnds>> {
  const [first, last] = [Prisma.sql`c."steps"[1]`, Prisma.sql`c."steps"[cardinality(c."steps")]`];
  return readStored<CurveEnds>(
    prisma,
    filter,
    Prisma.sql`c."name", c."values"[1] AS "first", c."values"[cardinality(c."values")] AS "newest",
      ${last} - ${first} + 1 AS "steps"`,
  );
}

/** A round whose curves are stored is among the answers even where none of them is asked for. */
async function readStored<Row extends { name: string }>(
  prisma: PrismaClient,
  { roundIds, ...only }: CurveFilter,
  columns: Prisma.Sql,
): Promise<Stored<Row>> {
  const [stage, name] = [only.stage ?? null, only.name ?? null];
  const found = await prisma.$queryRaw<(Row & { of: string })[]>`
    SELECT r."id" AS "of", ${columns} FROM "round" r LEFT JOIN "round_curve" c ON c."roundId" = r."id"
      AND (${stage}::text IS NULL OR c."stage" = ${stage}) AND (${name}::text IS NULL OR c."name" = ${name})
    WHERE r."id" = ANY(${[...roundIds]}::uuid[]) AND r."curvesStoredFor" = r."endedAt" AND ${HAS_ENDED}`;
  const known = new Set(found.map(({ of }) => of));
  return {
    // Without a curve, all of its columns are null.
    rows: found.filter(({ name: ofCurve }: { name: string | null }) => ofCurve !== null),
    missing: roundIds.filter((id) => !known.has(id)),
  };
}
