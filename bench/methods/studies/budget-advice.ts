// Whether the advice of the page "Budget" beats a fixed split of the same labels (packages/rl/src/budget, which measures,
// and packages/core/src/budget, which advises).

import { PpoConfig, RewardConfig, type BudgetChoice } from '@rankloop/contracts';
import { adviseBudget } from '@rankloop/core';
import {
  planCurve,
  runPpo,
  summariseCurve,
  trainRewardModel,
  type CurveExample,
  type PlannedCell,
  type PreferenceExample,
} from '@rankloop/rl';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Report } from '../../lib/report.ts';
import { usualCrowd, usualUtility } from '../labels.ts';
import { rewardConfigOf } from '../scene.ts';
import type { Size } from '../sizes.ts';
import { overSeeds } from '../statistics.ts';
import { accuracyOn } from './judge-accuracy.ts';
import { drawPairs, judgePair, type DrawnPair } from './judged-pairs.ts';
import { isTiny, type Study } from './study.ts';
import { trainReward, withWorkplace, type Workplace } from './workplace.ts';

/** What a project of one finished round has: pairs of its first policy, some judged twice, and some of its second. */
const scaleOf = (size: Size) =>
  isTiny(size)
    ? { older: 40, twice: 20, fresh: 20, budget: 30, iterations: 1, episodes: 8, tests: 20 }
    : { older: 180, twice: 60, fresh: 60, budget: 300, iterations: 8, episodes: 64, tests: 800 };

const rewardConfig = (size: Size) =>
  RewardConfig.parse({ ...rewardConfigOf(size), heldOutFraction: 0.05, normalisationSamples: 8 });

const ppo = (size: Size) => {
  const { iterations, episodes } = scaleOf(size);
  return PpoConfig.parse({
    iterations,
    episodesPerIteration: episodes,
    minibatchEpisodes: episodes / 2,
    learningRate: 1e-3,
    criticLearningRate: 2e-3,
    klCoefficient: 0.2,
    maxNewTokens: 14,
    weighByConfidence: false,
    samplePrompts: 0,
  });
};

const WAYS = ['labels', 'prompts', 'fresh', 'split'] as const;
type Way = (typeof WAYS)[number];
const TESTS = ['inUse', 'older'] as const;
const Accuracies = z.record(z.enum(WAYS), z.number());
const Interval = z.object({ value: z.number(), low: z.number(), high: z.number() });
const Answer = z.object({
  advice: z.enum(WAYS),
  /** Of several labels of each prompt, and of fresh samples, as the page shows them. */
  deep: Interval.nullable(),
  fresh: Interval.nullable(),
  /** Percent, of pairs by the policy in use and by the first one, after the budget was spent in each way. */
  inUse: Accuracies,
  older: Accuracies,
  bayes: z.object({ inUse: z.number(), older: z.number() }),
});
type Answer = z.infer<typeof Answer>;

export const budgetAdvice: Study<Answer> = {
  name: 'budget',
  settings: (size) => ({ scale: scaleOf(size), reward: rewardConfig(size), ppo: ppo(size) }),
  answer: Answer,
  run: async (run) =>
    withWorkplace(run, 'style', async (first) => {
      const { size } = run;
      const { tests: count } = scaleOf(size);
      const state = await afterOneRound(first, size);
      const result = await measureCurve(state.workplace, state.examples, size);
      const choice = adviseBudget(result, scaleOf(size).budget).choice;
      const spent = await spendInEveryWay(first, state, size);
      const test = async (name: string, modelDir: string) =>
        drawPairs(first, { modelDir, count, name, prompts: first.world.prompts.heldOut });
      const tests = {
        inUse: await test('test-in-use', state.workplace.baseDir),
        older: await test('test-older', first.baseDir),
      };
      const [inUse, older] = [{ ...NOTHING }, { ...NOTHING }];
      const bayes = { inUse: NaN, older: NaN };
      const judges = { crowd: usualCrowd(first.world), utility: usualUtility(first.world) };
      for (const way of WAYS) {
        const { rewardDir } = await trainReward(state.workplace, way, spent[way], rewardConfig(size));
        const there = await accuracyOn({ ...judges, rewardDir }, tests.inUse);
        const before = await accuracyOn({ ...judges, rewardDir }, tests.older);
        [inUse[way], older[way]] = [there.accuracy, before.accuracy];
        [bayes.inUse, bayes.older] = [there.bayes, before.bayes];
      }
      const advice = wayOf(choice);
      console.error(
        `style ${first.seed}  advice ${choice}; in use: ${WAYS.map((way) => `${way} ${inUse[way].toFixed(2)}`).join(', ')}`,
      );
      const { deep, fresh } = result;
      const differences = { deep: deep?.difference ?? null, fresh: fresh?.difference ?? null };
      return { advice, ...differences, inUse, older, bayes };
    }),
  report: (answers, report) => {
    for (const way of WAYS) {
      const value = answers.filter(({ advice }) => advice === way).length;
      const name = way === 'split' ? 'no way, so the split' : way;
      report.add({ figure: `the advice is: ${name}`, unit: `of ${answers.length} seeds`, value });
    }
    for (const test of TESTS) {
      const on = test === 'inUse' ? 'pairs of the policy in use' : 'pairs of the first policy';
      const over = (way: (answer: Answer) => Way) =>
        answers.map((answer) => answer[test][way(answer)] - answer[test].split);
      addInterval(
        report,
        `${on}: advice less split`,
        over(({ advice }) => advice),
      );
      for (const way of ['labels', 'prompts', 'fresh'] as const)
        addInterval(
          report,
          `${on}: all on ${way} less split`,
          over(() => way),
        );
      const splits = answers.map((answer) => answer[test].split);
      report.add({ figure: `${on}: accuracy after the split`, unit: '%', value: splits });
      const bayes = answers.map((answer) => answer.bayes[test]);
      report.add({ figure: `${on}: Bayes accuracy`, unit: '%', value: bayes });
    }
  },
};

const NOTHING: Record<Way, number> = { labels: NaN, prompts: NaN, fresh: NaN, split: NaN };

/** Where the page names no way, one splits as one likes: here in equal parts. */
const wayOf = (choice: BudgetChoice): Way =>
  choice === 'fresh' || choice === 'labels' || choice === 'prompts' ? choice : 'split';

interface ProjectState {
  /** Its base is the policy in use. */
  workplace: Workplace;
  older: DrawnPair[];
  fresh: DrawnPair[];
  examples: CurveExample[];
}

async function afterOneRound(first: Workplace, size: Size): Promise<ProjectState> {
  const scale = scaleOf(size);
  const older = await drawPairs(first, { modelDir: first.baseDir, count: scale.older, name: 'older' });
  const judged = older.map((pair, i) => judgePair(first, pair, i < scale.twice ? 2 : 1));
  const { rewardDir } = await trainReward(first, 'first-reward', judged, rewardConfigOf(size));
  const inUse = path.join(first.dir, 'in-use');
  const { training: prompts } = first.world.prompts;
  await runPpo({
    policyDir: first.baseDir,
    rewardDir,
    outDir: inUse,
    prompts,
    config: ppo(size),
    seed: first.seed,
  });
  const fresh = await drawPairs(first, { modelDir: inUse, count: scale.fresh, name: 'fresh' });
  return {
    workplace: { ...first, baseDir: inUse },
    older,
    fresh,
    examples: [
      ...judged.map((example) => ({ ...example, isFresh: false })),
      ...fresh.map((pair) => ({ ...judgePair(first, pair), isFresh: true })),
    ],
  };
}

/** As the worker does it. */
async function measureCurve(workplace: Workplace, examples: readonly CurveExample[], size: Size) {
  const plan = planCurve(examples, workplace.seed);
  const cells = [];
  for (const { repeat, part, labels, ...cell } of plan.cells)
    cells.push({ repeat, part, labels, accuracy: await trainCell(workplace, cell, rewardConfig(size)) });
  return summariseCurve(cells, plan);
}

async function trainCell(
  { baseDir, dir, sampling }: Workplace,
  { seed, train, heldOut }: Pick<PlannedCell, 'seed' | 'train' | 'heldOut'>,
  config: RewardConfig,
): Promise<number | null> {
  const outDir = path.join(dir, 'cell');
  try {
    const options = { base: baseDir, outDir, examples: train, heldOut, config, sampling, seed };
    return (await trainRewardModel(options)).heldOutAccuracy?.value ?? null;
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}

/** The project's judgements and as many more as the budget has, for each way of spending it. */
async function spendInEveryWay(
  first: Workplace,
  { workplace, older, fresh }: ProjectState,
  size: Size,
): Promise<Record<Way, PreferenceExample[]>> {
  const { budget, twice } = scaleOf(size);
  const morePrompts = await drawPairs(first, { modelDir: first.baseDir, count: budget, name: 'more' });
  const { baseDir: modelDir } = workplace;
  const moreFresh = await drawPairs(first, { modelDir, count: budget, name: 'more-fresh' });
  const known = [
    ...older.map((pair, i) => ({ pair, times: i < twice ? 2 : 1 })),
    ...fresh.map((pair) => ({ pair, times: 1 })),
  ];
  /** One more judgement of each known pair, those with the fewest first, until `more` are spent. */
  const deepened = (more: number) => {
    const order = known.map((_, i) => i).sort((a, b) => (known[a]?.times ?? 0) - (known[b]?.times ?? 0));
    const rankOf = new Map(order.map((index, rank) => [index, rank]));
    return known.map(({ pair, times }, i) => {
      const rank = rankOf.get(i) ?? 0;
      const added = Math.max(0, Math.ceil((more - rank) / known.length));
      return judgePair(first, pair, times + added);
    });
  };
  const once = (pairs: readonly DrawnPair[]) => pairs.map((pair) => judgePair(first, pair));
  const third = Math.round(budget / 3);
  return {
    labels: deepened(budget),
    prompts: [...deepened(0), ...once(morePrompts)],
    fresh: [...deepened(0), ...once(moreFresh)],
    split: [
      ...deepened(budget - 2 * third),
      ...once(morePrompts.slice(0, third)),
      ...once(moreFresh.slice(0, third)),
    ],
  };
}

function addInterval(report: Report, figure: string, values: readonly number[]): void {
  const { mean, low, high, detectable } = overSeeds(values);
  report.add({
    figure: `${figure} (95 %: ${low.toFixed(2)} .. ${high.toFixed(2)}, detectable ${detectable.toFixed(2)})`,
    unit: 'points',
    value: mean,
  });
}
