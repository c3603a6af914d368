// How many labels a reward model needs to judge as well as the people it learned from.

import { RewardConfig } from '@rankloop/contracts';
import { extrapolate } from '@rankloop/rl';
import { z } from 'zod';
import { atMost } from '../../lib/bar.ts';
import type { Report } from '../../lib/report.ts';
import { collectLabels, usualCrowd, usualUtility } from '../labels.ts';
import { rewardConfigOf } from '../scene.ts';
import { overSeeds } from '../statistics.ts';
import { accuracyAgainstBayes } from './judge-accuracy.ts';
import type { Size } from '../sizes.ts';
import { isTiny, type Study } from './study.ts';
import { mean, trainReward, withWorkplace } from './workplace.ts';

const WORLDS = ['style', 'summary', 'advice'] as const;
/** `pairs` are fresh ones, where the bar is judged and on the way there. */
const scaleOf = ({ name, model, base }: Size) =>
  isTiny({ name })
    ? { labels: [12, 24, 36, 48], pairs: { last: 40, before: 20 }, model, base }
    : {
        labels: [500, 1_000, 2_000, 5_000],
        pairs: { last: 20_000, before: 2_000 },
        model: MODEL,
        base: BASE,
      };
/**
 * Two layers: to tell whether a word of the output is one of the prompt, a first must find it there and a second add up
 * what was found.
 */
const MODEL = { layers: 2, width: 48, heads: 4 };
const BASE = { texts: 4_000, steps: 400, batchSize: 32, learningRate: 8e-3 };
/** All labels but a few train: accuracy is measured on fresh pairs. */
const reward = (size: Size) =>
  RewardConfig.parse({ ...rewardConfigOf(size), heldOutFraction: 0.02, normalisationSamples: 8 });

const Answer = z.array(
  z.object({ world: z.string(), labels: z.number(), accuracy: z.number(), bayes: z.number() }),
);
type Answer = z.infer<typeof Answer>;

export const rewardAccuracy: Study<Answer> = {
  name: 'reward-accuracy',
  settings: (size) => ({ scale: scaleOf(size), WORLDS, reward: reward(size) }),
  answer: Answer,
  run: async (run) => {
    const answers: Answer = [];
    const { labels: counts, pairs, model, base } = scaleOf(run.size);
    const most = Math.max(...counts);
    for (const worldName of WORLDS) {
      await withWorkplace({ ...run, size: { ...run.size, model, base } }, worldName, async (workplace) => {
        const { world, seed } = workplace;
        const labels = collectLabels({ world, seed, count: most, arm: 'true' });
        for (const count of counts) {
          // Fewer labels are the first of the many.
          const { rewardDir } = await trainReward(
            workplace,
            `reward-${count}`,
            labels.slice(0, count),
            reward(run.size),
          );
          const { accuracy, bayes } = await accuracyAgainstBayes({
            world,
            rewardDir,
            crowd: usualCrowd(world),
            utility: usualUtility(world),
            pairs: count === most ? pairs.last : pairs.before,
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
    const counts = [...new Set(answers.flat().map(({ labels }) => labels))];
    const most = Math.max(...counts);
    for (const world of WORLDS) {
      reportForecast({ world, answers, most }, report);
      for (const labels of counts) {
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
          ...(labels === most && { bar: atMost(2) }),
        });
        if (labels === most)
          report.add({ figure: `${world}: the same, upper 95 % bound`, unit: 'points', value: gap.high });
      }
    }
  },
};

/** Each seed's curve without its last point, asked for that one: what the extrapolation is worth. */
function reportForecast(
  { world, answers, most }: { world: string; answers: readonly Answer[]; most: number },
  report: Report,
): void {
  const errors = answers.flatMap((answer) => {
    const here = answer.filter((one) => one.world === world);
    const known = here.filter(({ labels }) => labels < most);
    const last = here.find(({ labels }) => labels === most);
    if (last === undefined) return [];
    const points = known.map(({ labels, accuracy }) => ({ labels, accuracy: accuracy / 100 }));
    return [100 * extrapolate(points, most).value - last.accuracy];
  });
  report.add({
    figure: `${world}, ${most} labels: foretold from fewer less measured`,
    unit: 'points',
    value: errors,
  });
}
