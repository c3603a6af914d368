// Where the reward goes on rising and the gold falls, and what an ensemble changes about it (Gao et al. 2022, figure 1;
// Coste et al. 2023).

import { RewardConfig } from '@rankloop/contracts';
import { z } from 'zod';
import { above } from '../../lib/bar.ts';
import { rewardConfigOf } from '../scene.ts';
import type { Size } from '../sizes.ts';
import { overSeeds } from '../statistics.ts';
import { CurvePoint, watchPpo } from './live-curve.ts';
import { endOf, fallsOf, halvesOfLabels, longPpo, reportCurve, scaleOfLongRun } from './long-run.ts';
import { answerOf } from './runnable.ts';
import { isTiny, type Study } from './study.ts';
import { trainTest } from './train-test.ts';
import { trainReward, withWorkplace } from './workplace.ts';

const ensembleOf = (size: Size) =>
  RewardConfig.parse({
    ...rewardConfigOf(size),
    members: isTiny(size) ? 2 : 4,
    aggregation: 'mean-less-variance',
  });

const KINDS = ['single', 'ensemble'] as const;
const Answer = z.record(z.enum(KINDS), z.array(CurvePoint));
type Answer = z.infer<typeof Answer>;

export const overOptimisation: Study<Answer> = {
  name: 'over-optimisation',
  settings: (size) => ({
    scale: scaleOfLongRun(size),
    single: rewardConfigOf(size),
    ensemble: ensembleOf(size),
    ppo: longPpo(size),
  }),
  answer: Answer,
  run: async (run) => {
    // The same run: one reward model of one half of the labels.
    const single = await answerOf(trainTest, run);
    return withWorkplace(run, 'style', async (workplace) => {
      const { own } = halvesOfLabels(workplace, run.size);
      const { rewardDir } = await trainReward(workplace, 'ensemble', own, ensembleOf(run.size));
      const config = longPpo(run.size);
      const ensemble = await watchPpo(workplace, { name: 'ensemble', rewardDir, config });
      console.error(
        `style ${run.seed}  gold at the end: single ${endOf(single).toFixed(2)}, ensemble ${endOf(ensemble).toFixed(2)}`,
      );
      return { single, ensemble };
    });
  },
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
