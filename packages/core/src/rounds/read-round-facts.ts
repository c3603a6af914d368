import type { Prisma, PrismaClient } from '@rankloop/db';
import { userNames } from '../snapshots/list-snapshots.ts';
import { type RoundFacts, thin } from './round-view.ts';

const SPARK_POINTS = 60;
const SPARK_METRIC = 'objective/scores';

export const ROUND_PARTS = {
  stages: { orderBy: { position: 'asc' } },
  snapshot: { select: { hash: true, judgementCount: true } },
} as const satisfies Prisma.RoundInclude;

type RoundWithParts = Prisma.RoundGetPayload<{ include: typeof ROUND_PARTS }>;

/** Everything that the views of some rounds need, in two queries however many they are. */
export async function readRoundFacts(
  prisma: PrismaClient,
  rounds: readonly RoundWithParts[],
): Promise<RoundFacts[]> {
  const [names, points] = await Promise.all([
    userNames(
      prisma,
      rounds.map((round) => round.createdById),
    ),
    prisma.metric.findMany({
      where: { roundId: { in: rounds.map(({ id }) => id) }, stage: 'ppo', name: SPARK_METRIC },
      orderBy: { step: 'asc' },
      select: { roundId: true, value: true },
    }),
  ]);
  const now = new Date();
  return rounds.map(({ stages, snapshot, ...round }) => ({
    round,
    stages,
    snapshot,
    startedBy: round.createdById === null ? null : (names.get(round.createdById) ?? null),
    spark: thin(
      points.filter(({ roundId }) => roundId === round.id).map(({ value }) => value),
      SPARK_POINTS,
    ),
    now,
  }));
}
