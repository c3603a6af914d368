// A policy that is held to its base by nearly nothing, so that it goes as far as a reward of few judgements leads; and
// what its course says over the seeds.

import { PpoConfig } from '@rankloop/contracts';
import type { PreferenceExample } from '@rankloop/rl';
import type { Report } from '../../lib/report.ts';
import { collectLabels } from '../labels.ts';
import type { Size } from '../sizes.ts';
import type { CurvePoint } from './live-curve.ts';
import { isTiny } from './study.ts';
import { mean, type Workplace } from './workplace.ts';

/** Few labels in each half, so that a reward model has something to be wrong about. */
export const scaleOfLongRun = (size: Size) =>
  isTiny(size)
    ? { labelsOfHalf: 32, iterations: 4, sampleEvery: 1, prompts: 8 }
    : { labelsOfHalf: 300, iterations: 36, sampleEvery: 3, prompts: 64 };

/** Where √KL is read, in √nats, on the line between the points before and after. */
const ROOTS = [0.5, 1, 1.5, 2, 2.5, 3, 4];

export const longPpo = (size: Size): PpoConfig => {
  const { iterations, sampleEvery, prompts } = scaleOfLongRun(size);
  return PpoConfig.parse({
    iterations,
    episodesPerIteration: prompts,
    minibatchEpisodes: prompts / 2,
    learningRate: 1e-3,
    criticLearningRate: 2e-3,
    klCoefficient: 0.005,
    innerEpochs: 2,
    maxNewTokens: 14,
    // Rewards are of the text alone, or one model's could not be compared with another's.
    missingEndPenalty: 0,
    weighByConfidence: false,
    divergenceKl: 1000,
    sampleEvery,
    samplePrompts: prompts,
  });
};

/** The judgements that a policy's reward model learns from, and as many others that it never saw. */
export function halvesOfLabels(
  { world, seed }: Workplace,
  size: Size,
): { own: PreferenceExample[]; others: PreferenceExample[] } {
  const { labelsOfHalf } = scaleOfLongRun(size);
  const labels = collectLabels({ world, seed, count: 2 * labelsOfHalf, arm: 'true' });
  return { own: labels.slice(0, labelsOfHalf), others: labels.slice(labelsOfHalf) };
}

/** Means of three neighbours, so that no lucky point counts alone. */
export const endOf = (points: readonly CurvePoint[]): number =>
  mean(points.slice(-3).map(({ gold }) => gold));

/**
 * What a run loses after the step at which gold is best. That step is where the *other* seeds are best on average: a seed
 * that chose its own would fall from a lucky point, and every curve would seem to fall.
 */
export function fallsOf(curves: readonly (readonly CurvePoint[])[]): number[] {
  const smooth = curves.map((points) =>
    points.slice(2).map((_, i) => mean(points.slice(i, i + 3).map(({ gold }) => gold))),
  );
  return smooth.map((own, seed) => {
    const others = smooth.length > 1 ? smooth.toSpliced(seed, 1) : smooth;
    const means = own.map((_, i) => mean(others.map((one) => one[i] ?? NaN)));
    return (own[means.indexOf(Math.max(...means))] ?? NaN) - (own.at(-1) ?? NaN);
  });
}

export function reportCurve(name: string, curves: readonly (readonly CurvePoint[])[], report: Report): void {
  for (const root of ROOTS) {
    const there = curves.flatMap((points) => readAt(points, root) ?? []);
    if (there.length === 0) continue;
    const at = `${name}, √KL ${root}, ${there.length} seeds`;
    report.add({ figure: `${at}: gold`, unit: 'gold', value: mean(there.map(({ gold }) => gold)) });
    report.add({ figure: `${at}: reward`, unit: 'deviations', value: mean(there.map(({ proxy }) => proxy)) });
    const other = there.flatMap((point) => point.other ?? []);
    if (other.length > 0)
      report.add({ figure: `${at}: reward of the other half`, unit: 'deviations', value: mean(other) });
  }
}

/** Where the course first is so far from the base; null where it never is. */
function readAt(
  points: readonly CurvePoint[],
  root: number,
): Pick<CurvePoint, 'gold' | 'proxy' | 'other'> | null {
  const rootOf = ({ kl }: CurvePoint): number => Math.sqrt(Math.max(0, kl));
  const after = points.findIndex((point) => rootOf(point) >= root);
  const [from, to] = [points[after - 1], points[after]];
  if (from === undefined || to === undefined) return null;
  const share = (root - rootOf(from)) / (rootOf(to) - rootOf(from));
  const between = (first: number, second: number): number => first + share * (second - first);
  return {
    gold: between(from.gold, to.gold),
    proxy: between(from.proxy, to.proxy),
    other: from.other === null || to.other === null ? null : between(from.other, to.other),
  };
}
