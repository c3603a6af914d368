import { lastMade, RoundConfig } from '@rankloop/contracts';
import type { Prisma, PrismaClient } from '@rankloop/db';
import { userNames } from '../snapshots/list-snapshots.ts';
import { readCurvesOf } from './read-curves.ts';
import type { RoundFacts } from './round-view.ts';

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
  const stages = rounds.flatMap(({ id, config }) => {
    const stage = policyStageOf(config);
    return stage === undefined ? [] : [{ roundId: id, stage }];
  });
  const [names, curves] = await Promise.all([
    userNames(
      prisma,
      rounds.map((round) => round.createdById),
    ),
    readCurvesOf(prisma, { stages, name: SPARK_METRIC, points: SPARK_POINTS }),
  ]);
  const now = new Date();
  return rounds.map(({ stages: ofRound, snapshot, ...round }) => ({
    round,
    stages: ofRound,
    snapshot,
    startedBy: round.createdById === null ? null : (names.get(round.createdById) ?? null),
    spark: curves.find(({ roundId }) => roundId === round.id)?.values ?? [],
    now,
  }));
}

/** The stage whose policy the round ends with: its curve stands for the round. */
export function policyStageOf(config: unknown): string | undefined {
  const parsed = RoundConfig.safeParse(config);
  return parsed.success ? lastMade(parsed.data.stages, 'policy')?.name : undefined;
}
