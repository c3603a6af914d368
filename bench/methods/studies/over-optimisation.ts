// Where the reward goes on rising and the gold falls, and what an ensemble changes about it (Gao et al. 2022, figure 1;
// Coste et al. 2023).

import { PpoConfig, RewardConfig } from '@rankloop/contracts';
import { z } from 'zod';
import { above } from '../../lib/bar.ts';
import type { Report } from '../../lib/report.ts';
import { collectLabels } from '../labels.ts';
import { rewardConfigOf } from '../scene.ts';
import type { Size } from '../sizes.ts';
import { overSeeds } from '../statistics.ts';
import { CurvePoint, watchPpo } from './live-curve.ts';
import { isTiny, type Study } from './study.ts';
import { mean, trainReward, withWorkplace } from './workplace.ts';

/** Few labels, so that the reward model has something to be wrong about. */
const scaleOf = (size: Size) =>
  isTiny(size)
    ? { labels: 48, members: 2, iterations: 4, sampleEvery: 1, prompts: 8 }
    : { labels: 300, members: 4, iterations: 80, sampleEvery: 4, prompts: 64 };
/** Where √KL is read, in √nats: the last point at or below each. */
const ROOTS = [0.5, 1, 1.5, 2, 2.5, 3, 4];

const rewards = (size: Size) => {
  const single = rewardConfigOf(size);
  return {
    single,
    ensemble: RewardConfig.parse({
      ...single,
      members: scaleOf(size).members,
      aggregation: 'mean-less-variance',
    }),
  };
};

/** Nearly no hold on the base, so that the policy goes as far as the reward leads. */
const ppo = (size: Size) => {
  const { iterations, sampleEvery, prompts } = scaleOf(size);
  return PpoConfig.parse({
    iterations,
    episodesPerIteration: prompts,
    minibatchEpisodes: prompts / 2,
    learningRate: 1e-3,
    criticLearningRate: 2e-3,
    klCoefficient: 0.005,
    innerEpochs: 2,
    maxNewTokens: 14,
    missingEndPenalty: 0,
    weighByConfidence: false,
    divergenceKl: 1000,
    sampleEvery,
    samplePrompts: prompts,
  });
};

const KINDS = ['single', 'ensemble'] as const;
const Answer = z.record(z.enum(KINDS), z.array(CurvePoint));
type Answer = z.infer<typeof Answer>;

export const overOptimisation: Study<Answer> = {
  name: 'over-optimisation',
  settings: (size) => ({ scale: scaleOf(size), rewards: rewards(size), ppo: ppo(size) }),
  answer: Answer,
  run: async (run) =>
    withWorkplace(run, 'summary', async (workplace) => {
      const { world, seed } = workplace;
      const labels = collectLabels({ world, seed, count: scaleOf(run.size).labels, arm: 'true' });
      const watch = async (kind: (typeof KINDS)[number]) => {
        const { rewardDir } = await trainReward(workplace, `reward-${kind}`, labels, rewards(run.size)[kind]);
        const points = await watchPpo(workplace, { name: kind, rewardDir, config: ppo(run.size) });
        const [first, last] = [points[0], points.at(-1)];
        const peak = Math.max(...points.map(({ gold }) => gold));
        console.error(
          `summary ${seed}  ${kind}: gold ${first?.gold.toFixed(2)} -> at most ${peak.toFixed(2)} -> ` +
            `${last?.gold.toFixed(2)}, proxy ${last?.proxy.toFixed(2)}, KL ${last?.kl.toFixed(1)}, ` +
            `words ${first?.words.toFixed(1)} -> ${last?.words.toFixed(1)}`,
        );
        return points;
      };
      return { single: await watch('single'), ensemble: await watch('ensemble') };
    }),
  report: (answers, report) => {
    for (const kind of KINDS) {
      const curves = answers.map((answer) => answer[kind]);
      reportCurve(kind, curves, report);
      const fall = overSeeds(fallsOf(curves));
      report.add({
        figure: `${kind}: gold where it is best less at the end, mean`,
        unit: 'gold',
        value: fall.mean,
      });
      report.add({
        figure: `${kind}: the same, lower 95 % bound`,
        unit: 'gold',
        value: fall.low,
        ...(kind === 'single' && { bar: above(0) }),
      });
    }
    const spared = overSeeds(answers.map((answer) => endOf(answer.ensemble) - endOf(answer.single)));
    report.add({ figure: 'gold at the end, ensemble less single, mean', unit: 'gold', value: spared.mean });
    report.add({ figure: 'the same, lower 95 % bound', unit: 'gold', value: spared.low });
    report.add({ figure: 'the same, upper 95 % bound', unit: 'gold', value: spared.high });
  },
};

const endOf = (points: readonly CurvePoint[]): number => mean(points.slice(-3).map(({ gold }) => gold));

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
    const there = curves.flatMap((points) => {
      const reached = points.some(({ kl }) => Math.sqrt(Math.max(0, kl)) >= root);
      return reached ? (points.findLast(({ kl }) => Math.sqrt(Math.max(0, kl)) <= root) ?? []) : [];
    });
    if (there.length === 0) continue;
    const at = `${name}, √KL ${root}, ${there.length} seeds`;
    report.add({ figure: `${at}: gold`, unit: 'gold', value: mean(there.map(({ gold }) => gold)) });
    report.add({ figure: `${at}: reward`, unit: 'deviations', value: mean(there.map(({ proxy }) => proxy)) });
    const other = there.flatMap((point) => point.other ?? []);
    if (other.length > 0)
      report.add({ figure: `${at}: reward of the other half`, unit: 'deviations', value: mean(other) });
  }
}
