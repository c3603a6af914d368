// Two reward models from two halves of the labels: the policy follows one, the other tells how far it may be believed
// (Bai et al. 2022, section 4.2).

import { z } from 'zod';
import { rewardConfigOf } from '../scene.ts';
import { overSeeds } from '../statistics.ts';
import { CurvePoint, watchPpo } from './live-curve.ts';
import { fallsOf, halvesOfLabels, longPpo, reportCurve, scaleOfLongRun } from './long-run.ts';
import type { Study } from './study.ts';
import { mean, trainReward, withWorkplace } from './workplace.ts';

const Answer = z.array(CurvePoint);
type Answer = z.infer<typeof Answer>;

export const trainTest: Study<Answer> = {
  name: 'train-test',
  settings: (size) => ({
    scale: scaleOfLongRun(size),
    reward: rewardConfigOf(size),
    ppo: longPpo(size),
  }),
  answer: Answer,
  run: async (run) =>
    withWorkplace(run, 'style', async (workplace) => {
      const { own, others } = halvesOfLabels(workplace, run.size);
      const config = rewardConfigOf(run.size);
      const { rewardDir } = await trainReward(workplace, 'train', own, config);
      const { rewardDir: otherDir } = await trainReward(workplace, 'test', others, config);
      const watched = { name: 'policy', rewardDir, otherDir, config: longPpo(run.size) };
      const points = await watchPpo(workplace, watched);
      const last = points.at(-1);
      console.error(
        `style ${run.seed}  KL ${last?.kl.toFixed(1)}, train ${last?.proxy.toFixed(2)}, ` +
          `test ${last?.other?.toFixed(2)}, gold ${points[0]?.gold.toFixed(2)} -> ${last?.gold.toFixed(2)}, ` +
          `words ${points[0]?.words.toFixed(1)} -> ${last?.words.toFixed(1)}`,
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
