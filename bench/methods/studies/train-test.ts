// Two reward models from two halves of the labels: the policy follows one, the other tells how far it may be believed
// (Bai et al. 2022, section 4.2).

import { PpoConfig } from '@rankloop/contracts';
import { z } from 'zod';
import { collectLabels } from '../labels.ts';
import { rewardConfigOf } from '../scene.ts';
import { overSeeds } from '../statistics.ts';
import { CurvePoint, watchPpo } from './live-curve.ts';
import { reportCurve } from './over-optimisation.ts';
import type { Study } from './study.ts';
import { mean, trainReward, withWorkplace } from './workplace.ts';

const LABELS = 600;
const ppo = () =>
  PpoConfig.parse({
    iterations: 100,
    episodesPerIteration: 64,
    minibatchEpisodes: 32,
    learningRate: 1e-3,
    criticLearningRate: 2e-3,
    klCoefficient: 0.01,
    maxNewTokens: 14,
    weighByConfidence: false,
    divergenceKl: 1000,
    sampleEvery: 4,
    samplePrompts: 64,
  });

const Answer = z.array(CurvePoint);
type Answer = z.infer<typeof Answer>;

export const trainTest: Study<Answer> = {
  name: 'train-test',
  settings: (size) => ({ LABELS, reward: rewardConfigOf(size), ppo: ppo() }),
  answer: Answer,
  run: async (run) =>
    withWorkplace(run, 'style', async (workplace) => {
      const { world, seed } = workplace;
      const labels = collectLabels({ world, seed, count: LABELS, arm: 'true' });
      const config = rewardConfigOf(run.size);
      const half = LABELS / 2;
      const { rewardDir } = await trainReward(workplace, 'train', labels.slice(0, half), config);
      const { rewardDir: otherDir } = await trainReward(workplace, 'test', labels.slice(half), config);
      const points = await watchPpo(workplace, { name: 'policy', rewardDir, otherDir, config: ppo() });
      const last = points.at(-1);
      console.error(
        `style ${seed}  KL ${last?.kl.toFixed(1)}, train ${last?.proxy.toFixed(2)}, test ${last?.other?.toFixed(2)}, gold ${last?.gold.toFixed(2)}`,
      );
      return points;
    }),
  report: (answers, report) => {
    reportCurve('train and test', answers, report);
    const gapAt = (points: readonly CurvePoint[]) =>
      mean(points.map(({ proxy, other }) => proxy - (other ?? NaN)));
    const early = overSeeds(answers.map((points) => gapAt(points.slice(0, 3))));
    const late = overSeeds(answers.map((points) => gapAt(points.slice(-3))));
    report.add({
      figure: 'train less test reward at the start, mean',
      unit: 'deviations',
      value: early.mean,
    });
    report.add({ figure: 'train less test reward at the end, mean', unit: 'deviations', value: late.mean });
    report.add({ figure: 'the same, lower 95 % bound', unit: 'deviations', value: late.low });
  },
};
