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
import type { Study } from './study.ts';
import { mean, trainReward, withWorkplace } from './workplace.ts';

/** Few, so that the reward model has something to be wrong about. */
const LABELS = 300;
const MEMBERS = 4;
/** Where √KL is read, in √nats: the last point at or below each. */
const ROOTS = [0.5, 1, 1.5, 2, 2.5, 3, 4];

const rewards = (size: Size) => {
  const single = rewardConfigOf(size);
  return {
    single,
    ensemble: RewardConfig.parse({ ...single, members: MEMBERS, aggregation: 'mean-less-variance' }),
  };
};

/** Nearly no hold on the base, so that the policy goes as far as the reward leads. */
const ppo = () =>
  PpoConfig.parse({
    iterations: 120,
    episodesPerIteration: 64,
    minibatchEpisodes: 32,
    learningRate: 1e-3,
    criticLearningRate: 2e-3,
    klCoefficient: 0.005,
    innerEpochs: 2,
    maxNewTokens: 14,
    missingEndPenalty: 0,
    weighByConfidence: false,
    divergenceKl: 1000,
    sampleEvery: 4,
    samplePrompts: 64,
  });

const KINDS = ['single', 'ensemble'] as const;
const Answer = z.record(z.enum(KINDS), z.array(CurvePoint));
type Answer = z.infer<typeof Answer>;

export const overOptimisation: Study<Answer> = {
  name: 'over-optimisation',
  settings: (size) => ({ LABELS, rewards: rewards(size), ppo: ppo() }),
  answer: Answer,
  run: async (run) =>
    withWorkplace(run, 'summary', async (workplace) => {
      const { world, seed } = workplace;
      const labels = collectLabels({ world, seed, count: LABELS, arm: 'true' });
      const watch = async (kind: (typeof KINDS)[number]) => {
        const { rewardDir } = await trainReward(workplace, `reward-${kind}`, labels, rewards(run.size)[kind]);
        const points = await watchPpo(workplace, { name: kind, rewardDir, config: ppo() });
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
      const fall = overSeeds(curves.map(fallOf));
      report.add({
        figure: `${kind}: gold, best of the run less the end, mean`,
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

/** Means of three neighbours, so that no lucky point is the peak. */
function fallOf(points: readonly CurvePoint[]): number {
  const smooth = points.slice(2).map((_, i) => mean(points.slice(i, i + 3).map(({ gold }) => gold)));
  return Math.max(...smooth) - endOf(points);
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
