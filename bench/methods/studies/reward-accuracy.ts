// How many labels a reward model needs to judge as well as the people it learned from.

import { RewardConfig } from '@rankloop/contracts';
import type { WorldName } from '@rankloop/demo';
import { extrapolate } from '@rankloop/rl';
import { z } from 'zod';
import { atMost } from '../../lib/bar.ts';
import type { Report } from '../../lib/report.ts';
import { collectLabels, usualCrowd, usualUtility } from '../labels.ts';
import { rewardConfigOf } from '../scene.ts';
import type { Size } from '../sizes.ts';
import { overSeeds } from '../statistics.ts';
import { accuracyAgainstBayes, foretell, writeUnseenPairs } from './judge-accuracy.ts';
import { isTiny, type Study, type StudyRun } from './study.ts';
import { mean, trainReward, withWorkplace, type Workplace } from './workplace.ts';

/** A label is one person's ranking of so many outputs. `pairs` are fresh, where the bar is judged and on the way there. */
const scaleOf = ({ name, model, base }: Size) =>
  isTiny({ name })
    ? { labels: [12, 24, 36, 48], outputs: 4, pairs: { last: 40, before: 20 }, model, base }
    : {
        labels: [500, 1_000, 2_000, 5_000],
        outputs: 4,
        pairs: { last: 20_000, before: 2_000 },
        // What is right depends on the prompt, and one layer does not compare an output with it: one to find the word
        // again, one to judge by it. So wide a model learns little at the rate of the small one.
        model: { layers: 2, width: 64, heads: 4 },
        base: { ...base, texts: 8_000, steps: 500, learningRate: 2e-3 },
      };

/** All labels but a few train: accuracy is measured on fresh pairs. */
const reward = (size: Size) =>
  RewardConfig.parse({
    ...rewardConfigOf(size),
    learningRate: 1.5e-3,
    epochs: isTiny(size) ? 1 : 8,
    batchPrompts: 8,
    heldOutFraction: 0.02,
    normalisationSamples: 8,
  });

const Answer = z.object({
  /** By the number of labels. */
  points: z.array(z.object({ labels: z.number(), accuracy: z.number(), bayes: z.number() })),
  /** Percent foretold by somebody who knows everything but the prompt; null where a world cannot say. */
  withoutPrompt: z.number().nullable(),
});
type Answer = z.infer<typeof Answer>;

export const rewardAccuracyIn = (worldName: WorldName): Study<Answer> => ({
  name: `reward-accuracy-${worldName}`,
  settings: (size) => ({ scale: scaleOf(size), reward: reward(size) }),
  answer: Answer,
  run: async (run) => {
    const { model, base, pairs } = scaleOf(run.size);
    return withWorkplace({ ...run, size: { ...run.size, model, base } }, worldName, async (workplace) => ({
      points: await learnFromMore(workplace, run),
      withoutPrompt: blindAccuracy(workplace, pairs.last),
    }));
  },
  report: (answers, report) => {
    reportForecast(answers, report);
    const counts = [...new Set(answers.flatMap(({ points }) => points.map(({ labels }) => labels)))];
    for (const labels of counts) {
      const here = answers.flatMap(({ points }) => points.filter((point) => point.labels === labels));
      const isLast = labels === Math.max(...counts);
      const gap = overSeeds(here.map(({ accuracy, bayes }) => bayes - accuracy));
      report.add({
        figure: `${labels} labels: accuracy`,
        unit: `% of at most ${mean(here.map(({ bayes }) => bayes)).toFixed(1)}`,
        value: here.map(({ accuracy }) => accuracy),
      });
      report.add({
        figure: `${labels} labels: points below the Bayes accuracy, mean of ${gap.seeds} seeds`,
        unit: 'points',
        value: gap.mean,
        ...(isLast && { bar: atMost(2) }),
      });
      if (isLast) report.add({ figure: 'the same, upper 95 % bound', unit: 'points', value: gap.high });
    }
    const blind = answers.flatMap(({ withoutPrompt, points }) =>
      withoutPrompt === null ? [] : (points.at(-1)?.bayes ?? NaN) - withoutPrompt,
    );
    if (blind.length > 0)
      report.add({
        figure: 'who knows everything but the prompt: points below the Bayes accuracy',
        unit: 'points',
        value: blind,
      });
  },
});

async function learnFromMore(
  workplace: Workplace,
  { size }: Pick<StudyRun, 'size'>,
): Promise<Answer['points']> {
  const { world, seed } = workplace;
  const { labels: counts, outputs, pairs } = scaleOf(size);
  const most = Math.max(...counts);
  const labels = collectLabels({ world, seed, count: most, outputs, arm: 'true' });
  const points: Answer['points'] = [];
  for (const count of counts) {
    // Fewer labels are the first of the many.
    const own = labels.slice(0, count);
    const { rewardDir } = await trainReward(workplace, `reward-${count}`, own, reward(size));
    const { accuracy, bayes } = await accuracyAgainstBayes({
      world,
      rewardDir,
      crowd: usualCrowd(world),
      utility: usualUtility(world),
      pairs: count === most ? pairs.last : pairs.before,
      seed,
    });
    console.error(`${world.name} ${seed}  ${count} labels: ${accuracy.toFixed(2)} of ${bayes.toFixed(2)} %`);
    points.push({ labels: count, accuracy, bayes });
  }
  return points;
}

/** A prompt that an output would fit, whatever it was written for. */
const FITTING: Partial<Record<WorldName, (words: readonly string[]) => string>> = {
  style: ([noun = '']) => `Tell of the red ${noun}:`,
  summary: (words) => `Facts: ${[...new Set(words)].slice(0, 6).join(' ')}. Short:`,
};

/** What can be known without comparing the output with the prompt. */
function blindAccuracy({ world, seed }: Workplace, count: number): number | null {
  const fitting = FITTING[world.name];
  if (fitting === undefined) return null;
  const utility = usualUtility(world);
  const pairs = writeUnseenPairs(world, seed, count);
  const scores = pairs.flatMap(({ completions }) =>
    completions.map((completion) => utility(fitting(completion.match(/[a-z]+/g) ?? []), completion)),
  );
  return foretell({ crowd: usualCrowd(world), utility }, pairs, scores).accuracy;
}

/** Each seed's curve without its last point, asked for that one: what the extrapolation is worth. */
function reportForecast(answers: readonly Answer[], report: Report): void {
  const errors = answers.flatMap(({ points }) => {
    const last = points.at(-1);
    if (last === undefined) return [];
    const known = points.slice(0, -1).map(({ labels, accuracy }) => ({ labels, accuracy: accuracy / 100 }));
    return [100 * extrapolate(known, last.labels).value - last.accuracy];
  });
  report.add({ figure: 'the last point, foretold from fewer less measured', unit: 'points', value: errors });
}
