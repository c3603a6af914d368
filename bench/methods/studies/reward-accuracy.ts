// How many labels a reward model needs to judge as well as the people it learned from.

import { z } from 'zod';
import { atMost } from '../../lib/bar.ts';
import { collectLabels, usualCrowd, usualUtility } from '../labels.ts';
import { rewardConfigOf } from '../scene.ts';
import { overSeeds } from '../statistics.ts';
import { accuracyAgainstBayes } from './judge-accuracy.ts';
import type { Study } from './study.ts';
import { mean, trainReward, withWorkplace } from './workplace.ts';

const LABELS = [500, 1_000, 2_000, 3_500, 5_000];
const PAIRS = 20_000;
const WORLDS = ['style', 'summary', 'advice'] as const;

const Answer = z.array(
  z.object({ world: z.string(), labels: z.number(), accuracy: z.number(), bayes: z.number() }),
);
type Answer = z.infer<typeof Answer>;

export const rewardAccuracy: Study<Answer> = {
  name: 'reward-accuracy',
  settings: (size) => ({ LABELS, PAIRS, WORLDS, reward: rewardConfigOf(size) }),
  answer: Answer,
  run: async (run) => {
    const answers: Answer = [];
    for (const worldName of WORLDS) {
      await withWorkplace(run, worldName, async (workplace) => {
        const { world, seed } = workplace;
        const labels = collectLabels({ world, seed, count: Math.max(...LABELS), arm: 'true' });
        for (const count of LABELS) {
          // Fewer labels are the first of the many.
          const { rewardDir } = await trainReward(
            workplace,
            `reward-${count}`,
            labels.slice(0, count),
            rewardConfigOf(run.size),
          );
          const { accuracy, bayes } = await accuracyAgainstBayes({
            world,
            rewardDir,
            crowd: usualCrowd(world),
            utility: usualUtility(world),
            pairs: PAIRS,
            seed,
          });
          console.error(
            `${worldName} ${seed}  ${count} labels: ${accuracy.toFixed(2)} of ${bayes.toFixed(2)} %`,
          );
          answers.push({ world: worldName, labels: count, accuracy, bayes });
        }
      });
    }
    return answers;
  },
  report: (answers, report) => {
    for (const world of WORLDS) {
      for (const labels of LABELS) {
        const here = answers.flat().filter((one) => one.world === world && one.labels === labels);
        const gap = overSeeds(here.map(({ accuracy, bayes }) => bayes - accuracy));
        report.add({
          figure: `${world}, ${labels} labels: accuracy`,
          unit: `% of at most ${mean(here.map(({ bayes }) => bayes)).toFixed(1)}`,
          value: here.map(({ accuracy }) => accuracy),
        });
        report.add({
          figure: `${world}, ${labels} labels: points below the Bayes accuracy, mean of ${gap.seeds} seeds`,
          unit: 'points',
          value: gap.mean,
          ...(labels === Math.max(...LABELS) && { bar: atMost(2) }),
        });
      }
    }
  },
};
