// Two reward models from two halves of the labels: the policy follows one, the other tells how far it may be believed
// (Bai et al. 2022, section 4.2).

import { PpoConfig } from '@rankloop/contracts';
import { z } from 'zod';
import { collectLabels } from '../labels.ts';
import { rewardConfigOf } from '../scene.ts';
import { overSeeds } from '../statistics.ts';
import { CurvePoint, watchPpo } from './live-curve.ts';
import { fallsOf, reportCurve } from './over-optimisation.ts';
import type { Size } from '../sizes.ts';
import { isTiny, type Study } from './study.ts';
import { mean, trainReward, withWorkplace } from './workplace.ts';

const scaleOf = (size: Size) =>
  isTiny(size)
    ? { labels: 64, iterations: 4, sampleEvery: 1, prompts: 8 }
    : { labels: 600, iterations: 80, sampleEvery: 4, prompts: 64 };

const ppo = (size: Size) => {
  const { iterations, sampleEvery, prompts } = scaleOf(size);
  return PpoConfig.parse({
    iterations,
    episodesPerIteration: prompts,
    minibatchEpisodes: prompts / 2,
    learningRate: 1e-3,
    criticLearningRate: 2e-3,
    klCoefficient: 0.01,
    maxNewTokens: 14,
    weighByConfidence: false,
    divergenceKl: 1000,
    // Both rewards are of the text alone, or they could not be compared.
    missingEndPenalty: 0,
    sampleEvery,
    samplePrompts: prompts,
  });
};

const Answer = z.array(CurvePoint);
type Answer = z.infer<typeof Answer>;

export const trainTest: Study<Answer> = {
  name: 'train-test',
  settings: (size) => ({ scale: scaleOf(size), reward: rewardConfigOf(size), ppo: ppo(size) }),
  answer: Answer,
  run: async (run) =>
    withWorkplace(run, 'style', async (workplace) => {
      const { world, seed } = workplace;
      const { labels: count } = scaleOf(run.size);
      const labels = collectLabels({ world, seed, count, arm: 'true' });
      const config = rewardConfigOf(run.size);
      const half = count / 2;
      const { rewardDir } = await trainReward(workplace, 'train', labels.slice(0, half), config);
      const { rewardDir: otherDir } = await trainReward(workplace, 'test', labels.slice(half), config);
      const points = await watchPpo(workplace, {
        name: 'policy',
        rewardDir,
        otherDir,
        config: ppo(run.size),
      });
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
    // The first point is the base, on which both rewards are 0 but for chance.
    const early = overSeeds(answers.map((points) => gapAt(points.slice(1, 3))));
    const late = overSeeds(answers.map((points) => gapAt(points.slice(-3))));
    const grown = overSeeds(answers.map((points) => gapAt(points.slice(-3)) - gapAt(points.slice(1, 3))));
    report.add({
      figure: 'train less test reward at the start, mean',
      unit: 'deviations',
      value: early.mean,
    });
    report.add({ figure: 'train less test reward at the end, mean', unit: 'deviations', value: late.mean });
    report.add({ figure: 'the same, lower 95 % bound', unit: 'deviations', value: late.low });
    report.add({
      figure: 'growth from start to end, lower 95 % bound',
      unit: 'deviations',
      value: grown.low,
    });
    const fall = overSeeds(fallsOf(answers));
    report.add({ figure: 'gold where it is best less at the end, mean', unit: 'gold', value: fall.mean });
    report.add({ figure: 'the same, lower 95 % bound', unit: 'gold', value: fall.low });
  },
};
