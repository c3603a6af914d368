import { RoundConfig, SamplePolicy, type RoundScores } from '@rankloop/contracts';
import type { PrismaClient } from '@rankloop/db';
import { findRoundOfProject } from './find-round.ts';
import { histogramOf } from './histogram.ts';

export interface GetRoundScoresOptions {
  prisma: PrismaClient;
  projectId: string;
  roundId: string;
}

const DISTANCE_POINTS = 300;

/** How the rewards of a round lie: outputs by score, and reward against distance. @throws AppError `not_found` */
export async function getRoundScores(options: GetRoundScoresOptions): Promise<RoundScores> {
  const { prisma, roundId } = options;
  const { config } = await findRoundOfProject(prisma, options);
  const parsed = RoundConfig.safeParse(config);
  const stages = parsed.success ? parsed.data.stages.map(({ name }) => name) : [];
  const [scored, distance] = await Promise.all([
    readScores(prisma, roundId),
    readDistance(prisma, roundId, stages),
  ]);
  return { histogram: histogramOf(scored), distance };
}

/** The scores of each policy's newest outputs. */
async function readScores(prisma: PrismaClient, roundId: string) {
  const rows = await prisma.$queryRaw<{ policy: string; step: number; scores: number[] }[]>`
    SELECT s."policy", s."step", array_agg(s."score") AS "scores" FROM "round_sample" s
    JOIN (
      SELECT "policy", max("step") AS "step" FROM "round_sample"
      WHERE "roundId" = ${roundId}::uuid AND "score" IS NOT NULL GROUP BY "policy"
    ) n ON n."policy" = s."policy" AND n."step" = s."step"
    WHERE s."roundId" = ${roundId}::uuid AND s."score" IS NOT NULL GROUP BY s."policy", s."step"`;
  return SamplePolicy.options.flatMap((policy) =>
    rows.filter((row) => row.policy === policy).map(({ step, scores }) => ({ policy, step, scores })),
  );
}

/** Means of runs and not extremes: the two values of a point belong to the same steps. */
async function readDistance(
  prisma: PrismaClient,
  roundId: string,
  stages: readonly string[],
): Promise<RoundScores['distance']> {
  return prisma.$queryRaw<RoundScores['distance']>`
    SELECT "stage", array_agg("step" ORDER BY "run") AS "steps", array_agg("kl" ORDER BY "run") AS "kl",
      array_agg("score" ORDER BY "run") AS "score"
    FROM (
      SELECT "stage", "run", max("step") AS "step", avg("kl") AS "kl", avg("score") AS "score" FROM (
        SELECT k."stage", k."step", k."value" AS "kl", s."value" AS "score",
          (row_number() OVER (PARTITION BY k."stage" ORDER BY k."step") - 1) * ${DISTANCE_POINTS}::bigint
            / greatest(count(*) OVER (PARTITION BY k."stage"), ${DISTANCE_POINTS}::bigint) AS "run"
        FROM unnest(${[...stages]}::text[]) t("stage")
        JOIN "metric" k ON k."roundId" = ${roundId}::uuid AND k."stage" = t."stage" AND k."name" = 'objective/kl'
        JOIN "metric" s ON s."roundId" = k."roundId" AND s."stage" = k."stage" AND s."name" = 'objective/scores' AND s."step" = k."step"
      ) pairs GROUP BY "stage", "run"
    ) runs GROUP BY "stage" ORDER BY "stage"`;
}
