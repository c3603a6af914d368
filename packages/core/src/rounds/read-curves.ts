import type { PrismaClient } from '@rankloop/db';
import {
  readMetricCurves,
  readMetricCurvesOf,
  readMetricEnds,
  readNames,
  type Curve,
  type CurveEnds,
  type CurveFilter,
  type RoundStageKey,
} from './metric-curves.ts';
import { readStoredCurves, readStoredEnds, readStoredNames, STORED_POINTS } from './stored-curves.ts';
import { thinCurve } from './thin-curve.ts';

export interface ReadCurvesOptions extends CurveFilter {
  /** At most this many points per curve; at least 4. */
  points: number;
}

/** The curves of some rounds, thinned where they are long, by round, stage and name. */
export async function readCurves(prisma: PrismaClient, options: ReadCurvesOptions): Promise<Curve[]> {
  const { points, ...filter } = options;
  // Finer than what is stored.
  if (points > STORED_POINTS) return sorted(await readMetricCurves(prisma, filter, points));
  const { rows, missing } = await readStoredCurves(prisma, filter);
  const others = await readMetricCurves(prisma, { ...filter, roundIds: missing }, points);
  return sorted([...rows.map((curve) => thinCurve(curve, points)), ...others]);
}

/** One metric of a stage of each of some rounds. */
export async function readCurvesOf(
  prisma: PrismaClient,
  options: { stages: readonly RoundStageKey[]; name: string; points: number },
): Promise<Curve[]> {
  const { stages, name, points } = options;
  const stageOf = new Map(stages.map(({ roundId, stage }) => [roundId, stage]));
  const { rows, missing } = await readStoredCurves(prisma, { roundIds: [...stageOf.keys()], name });
  const isMissing = new Set(missing);
  const others = await readMetricCurvesOf(prisma, {
    ...options,
    stages: stages.filter(({ roundId }) => isMissing.has(roundId)),
  });
  const ofStage = rows.filter(({ roundId, stage }) => stageOf.get(roundId) === stage);
  return [...ofStage.map((curve) => thinCurve(curve, points)), ...others];
}

/** The names of all metrics that one of the rounds has. */
export async function readMetricNames(prisma: PrismaClient, roundIds: readonly string[]): Promise<string[]> {
  const { rows, missing } = await readStoredNames(prisma, { roundIds });
  const others = await readNames(prisma, missing);
  return [...new Set([...rows, ...others].map(({ name }) => name))].sort();
}

/** First and newest value of each metric of a stage, by name. */
export async function readEnds(
  prisma: PrismaClient,
  roundId: string,
  stage: string,
): Promise<Map<string, CurveEnds>> {
  const { rows, missing } = await readStoredEnds(prisma, { roundIds: [roundId], stage });
  const others = await readMetricEnds(prisma, { roundIds: missing, stage });
  return new Map([...rows, ...others].map((ends) => [ends.name, ends]));
}

const keyOf = ({ roundId, stage, name }: Curve) => [roundId, stage, name].join(' ');

function sorted(curves: Curve[]): Curve[] {
  return curves.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
