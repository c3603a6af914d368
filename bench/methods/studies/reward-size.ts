// Whether a larger reward model judges better with the same labels.

import { z } from 'zod';
import { collectLabels, usualCrowd, usualUtility } from '../labels.ts';
import { rewardConfigOf } from '../scene.ts';
import { overSeeds } from '../statistics.ts';
import { accuracyAgainstBayes } from './judge-accuracy.ts';
import type { Size } from '../sizes.ts';
import { isTiny, type Study } from './study.ts';
import { trainReward, withWorkplace } from './workplace.ts';

const scaleOf = (size: Size) =>
  isTiny(size)
    ? { labels: 48, pairs: 20, models: MODELS.slice(0, 2) }
    : { labels: 1_000, pairs: 2_000, models: MODELS };
const MODELS = [
  { layers: 1, width: 16, heads: 2 },
  { layers: 1, width: 32, heads: 4 },
  { layers: 2, width: 48, heads: 4 },
] as const;

const Answer = z.array(z.object({ model: z.string(), accuracy: z.number(), bayes: z.number() }));
type Answer = z.infer<typeof Answer>;
const nameOf = ({ layers, width }: (typeof MODELS)[number]): string =>
  `${layers} ${layers === 1 ? 'layer' : 'layers'} of ${width}`;

export const rewardSize: Study<Answer> = {
  name: 'reward-size',
  settings: (size) => ({ scale: scaleOf(size), reward: rewardConfigOf(size) }),
  answer: Answer,
  run: async (run) => {
    const answers: Answer = [];
    const { labels: count, pairs, models } = scaleOf(run.size);
    for (const model of models) {
      await withWorkplace({ ...run, size: { ...run.size, model } }, 'style', async (workplace) => {
        const { world, seed } = workplace;
        const labels = collectLabels({ world, seed, count, arm: 'true' });
        const { rewardDir } = await trainReward(workplace, 'reward', labels, rewardConfigOf(run.size));
        const crowd = usualCrowd(world);
        const options = { world, rewardDir, crowd, utility: usualUtility(world), pairs, seed };
        const found = await accuracyAgainstBayes(options);
        console.error(
          `style ${seed}  ${nameOf(model)}: ${found.accuracy.toFixed(2)} of ${found.bayes.toFixed(2)} %`,
        );
        answers.push({ model: nameOf(model), ...found });
      });
    }
    return answers;
  },
  report: (answers, report) => {
    for (const model of new Set(answers.flat().map((one) => one.model))) {
      const here = answers.flat().filter((one) => one.model === model);
      const gap = overSeeds(here.map(({ accuracy, bayes }) => bayes - accuracy));
      report.add({ figure: `${model}: accuracy`, unit: '%', value: here.map(({ accuracy }) => accuracy) });
      report.add({
        figure: `${model}: points below the Bayes accuracy (95 %: ${gap.low.toFixed(2)} .. ${gap.high.toFixed(2)})`,
        unit: 'points',
        value: gap.mean,
      });
    }
  },
};
