// How many labels a reward model needs to judge as well as the people it learned from.

import { extrapolate } from '@rankloop/rl';
import { z } from 'zod';
import { atMost } from '../../lib/bar.ts';
import type { Report } from '../../lib/report.ts';
import { collectLabels, usualCrowd, usualUtility } from '../labels.ts';
import { rewardConfigOf } from '../scene.ts';
import { overSeeds } from '../statistics.ts';
import { accuracyAgainstBayes } from './judge-accuracy.ts';
import type { Study } from './study.ts';
import { mean, trainReward, withWorkplace } from './workplace.ts';

const LABELS = [500, 1_000, 2_000, 3_500, 5_000];
/** Fresh pairs where a bar is judged, and on the way there. */
const PAIRS = { last: 20_000, before: 4_000 };
const MOST = Math.max(...LABELS);
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
        const labels = collectLabels({ world, seed, count: MOST, arm: 'true' });
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
            pairs: count === MOST ? PAIRS.last : PAIRS.before,
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
      reportForecast(world, answers, report);
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
          ...(labels === MOST && { bar: atMost(2) }),
        });
      }
    }
  },
};

/** Each seed's curve without its last point, asked for that one: what the extrapolation is worth. */
function reportForecast(world: string, answers: readonly Answer[], report: Report): void {
  const errors = answers.flatMap((answer) => {
    const here = answer.filter((one) => one.world === world);
    const known = here.filter(({ labels }) => labels < MOST);
    const last = here.find(({ labels }) => labels === MOST);
    if (last === undefined) return [];
    const points = known.map(({ labels, accuracy }) => ({ labels, accuracy: accuracy / 100 }));
    return [100 * extrapolate(points, MOST).value - last.accuracy];
  });
  report.add({
    figure: `${world}, ${MOST} labels: foretold from fewer less measured`,
    unit: 'points',
    value: errors,
  });
}
