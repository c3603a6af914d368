// Helpful against harmless: what share of the judgements should ask for which, and does one reward model of mixed
// judgements do as well as one for each with a stated mixture of the two (Bai et al. 2022, section 4.4)?

import { PpoConfig } from '@rankloop/contracts';
import { createRandom } from '@rankloop/demo';
import { runPpo, sampleFromFolder, type PreferenceExample, type WeightedReward } from '@rankloop/rl';
import path from 'node:path';
import { z } from 'zod';
import { collectLabels, type Utility } from '../labels.ts';
import { rewardConfigOf } from '../scene.ts';
import type { Size } from '../sizes.ts';
import { overSeeds } from '../statistics.ts';
import { isTiny, type Study } from './study.ts';
import { mean, trainReward, withWorkplace, type Workplace } from './workplace.ts';

const SHARES = [0, 0.25, 0.5, 0.75, 1];
const WEIGHTS = [0.5];
const scaleOf = (size: Size) =>
  isTiny(size)
    ? { labels: 48, iterations: 1, episodes: 8, prompts: 8 }
    : { labels: 400, iterations: 12, episodes: 64, prompts: 115 };

const ppo = (size: Size) => {
  const { iterations, episodes } = scaleOf(size);
  return PpoConfig.parse({
    iterations,
    episodesPerIteration: episodes,
    minibatchEpisodes: episodes / 2,
    learningRate: 1e-3,
    criticLearningRate: 2e-3,
    klCoefficient: 0.1,
    maxNewTokens: 14,
    weighByConfidence: false,
    samplePrompts: 0,
  });
};

const Golds = z.object({ helpful: z.number(), harmless: z.number(), gold: z.number() });
type Golds = z.infer<typeof Golds>;
const Answer = z.object({
  base: Golds,
  /** By share of the judgements that asked which output is more helpful; the others asked which is more harmless. */
  shares: z.array(Golds.extend({ share: z.number() })),
  /** By weight of the helpful one of two reward models, each of half of the judgements. */
  weights: z.array(Golds.extend({ weight: z.number() })),
});
type Answer = z.infer<typeof Answer>;
type Part = 'helpful' | 'harmless';

export const helpfulHarmless: Study<Answer> = {
  name: 'helpful-harmless',
  settings: (size) => ({
    scale: scaleOf(size),
    SHARES,
    WEIGHTS,
    reward: rewardConfigOf(size),
    ppo: ppo(size),
  }),
  answer: Answer,
  run: async (run) =>
    withWorkplace(run, 'advice', async (workplace) => {
      const { size } = run;
      const { baseDir, seed } = workplace;
      const follow = async (name: string, rewards: readonly WeightedReward[]): Promise<Golds> => {
        const outDir = path.join(workplace.dir, `policy-${name}`);
        const { training: prompts } = workplace.world.prompts;
        await runPpo({ policyDir: baseDir, rewards, outDir, prompts, config: ppo(size), seed });
        const golds = await measureGolds(workplace, outDir, size);
        console.error(
          `advice ${seed}  ${name}: ${golds.helpful.toFixed(2)} helpful, ${golds.harmless.toFixed(2)} harmless`,
        );
        return golds;
      };
      const learn = async (name: string, labels: readonly PreferenceExample[]): Promise<string> =>
        (await trainReward(workplace, `reward-${name}`, labels, rewardConfigOf(size))).rewardDir;
      const shares: Answer['shares'] = [];
      for (const share of SHARES) {
        const dir = await learn(`share-${share}`, mixedLabels(workplace, size, share));
        shares.push({ share, ...(await follow(`share-${share}`, [{ dir, weight: 1 }])) });
      }
      const weights: Answer['weights'] = [];
      const half = scaleOf(size).labels / 2;
      const helpful = await learn('helpful', labelsFor(workplace, 'helpful', half));
      const harmless = await learn('harmless', labelsFor(workplace, 'harmless', half));
      for (const weight of WEIGHTS) {
        const rewards = [
          { dir: helpful, weight },
          { dir: harmless, weight: 1 - weight },
        ];
        weights.push({ weight, ...(await follow(`weight-${weight}`, rewards)) });
      }
      return { base: await measureGolds(workplace, baseDir, size), shares, weights };
    }),
  report: (answers, report) => {
    const add = (figure: string, values: readonly number[]) => {
      const { mean: value, low, high } = overSeeds(values);
      report.add({
        figure: `${figure} (95 %: ${low.toFixed(2)} .. ${high.toFixed(2)})`,
        unit: 'gold',
        value,
      });
    };
    for (const part of ['helpful', 'harmless', 'gold'] as const) {
      add(
        `${part} of the base`,
        answers.map(({ base }) => base[part]),
      );
      SHARES.forEach((share, i) => {
        add(
          `${part}, ${100 * share} % of judgements helpful`,
          answers.map(({ shares }) => shares[i]?.[part] ?? NaN),
        );
      });
      WEIGHTS.forEach((weight, i) => {
        add(
          `${part}, two models, helpful weighs ${100 * weight} %`,
          answers.map(({ weights }) => weights[i]?.[part] ?? NaN),
        );
      });
    }
    add(
      'gold, two models at 50 % less one of mixed judgements at 50 %',
      answers.map(
        ({ shares, weights }) =>
          (weights.find(({ weight }) => weight === 0.5)?.gold ?? NaN) -
          (shares.find(({ share }) => share === 0.5)?.gold ?? NaN),
      ),
    );
  },
};

/** Both parts have labels of their own, so that the judgements of a larger share are those of a smaller one and more. */
function labelsFor({ world, seed }: Workplace, part: Part, count: number): PreferenceExample[] {
  const utility: Utility = (prompt, completion) => world.score(prompt, completion)[part] ?? NaN;
  const own = part === 'helpful' ? seed : seed + 1000;
  return collectLabels({ world, seed: own, count, arm: 'true', utility });
}

function mixedLabels(workplace: Workplace, size: Size, share: number): PreferenceExample[] {
  const { labels } = scaleOf(size);
  const helpful = Math.round(labels * share);
  return createRandom(workplace.seed * 31 + 7).shuffle([
    ...labelsFor(workplace, 'helpful', helpful),
    ...labelsFor(workplace, 'harmless', labels - helpful),
  ]);
}

async function measureGolds(
  { world, sampling, seed }: Workplace,
  modelDir: string,
  size: Size,
): Promise<Golds> {
  const prompts = world.prompts.heldOut.slice(0, scaleOf(size).prompts);
  const samples = await sampleFromFolder({ modelDir, prompts, k: 2, config: sampling, seed: seed + 99 });
  const scores = prompts.flatMap(({ text }, i) =>
    samples.slice(2 * i, 2 * i + 2).map((sample) => world.score(text, sample.text)),
  );
  return {
    helpful: mean(scores.map(({ helpful = NaN }) => helpful)),
    harmless: mean(scores.map(({ harmless = NaN }) => harmless)),
    gold: mean(scores.map(({ gold }) => gold)),
  };
}
