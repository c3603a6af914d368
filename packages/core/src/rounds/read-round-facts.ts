import { lastMade, RoundConfig } from '@rankloop/contracts';
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
      where: { roundId: { in: rounds.map(({ id }) => id) }, name: SPARK_METRIC },
      orderBy: { step: 'asc' },
      select: { roundId: true, stage: true, value: true },
    }),
  ]);
  const now = new Date();
  return rounds.map(({ stages, snapshot, ...round }) => {
    const curve = policyStageOf(round.config);
    const values = points
      .filter(({ roundId, stage }) => roundId === round.id && stage === curve)
      .map(({ value }) => value);
    return {
      round,
      stages,
      snapshot,
      startedBy: round.createdById === null ? null : (names.get(round.createdById) ?? null),
      spark: thin(values, SPARK_POINTS),
      now,
    };
  });
}

/** The stage whose policy the round ends with: its curve stands for the round. */
export function policyStageOf(config: unknown): string | undefined {
  const parsed = RoundConfig.safeParse(config);
  return parsed.success ? lastMade(parsed.data.stages, 'policy')?.name : undefined;
}
