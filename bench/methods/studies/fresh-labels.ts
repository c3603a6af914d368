// The same judgements and outputs spent in three rounds on what the policy writes by then, or all at once at the start.

import { PpoConfig } from '@rankloop/contracts';
import { runPpo, sampleFromFolder, winRate, type PreferenceExample } from '@rankloop/rl';
import path from 'node:path';
import { z } from 'zod';
import { rewardConfigOf } from '../scene.ts';
import { overSeeds } from '../statistics.ts';
import type { Size } from '../sizes.ts';
import { drawPairs, judgePair } from './judged-pairs.ts';
import { isTiny, type Study } from './study.ts';
import { mean, trainReward, withWorkplace, type Workplace } from './workplace.ts';

const ROUNDS = 3;
const scaleOf = (size: Size) =>
  isTiny(size)
    ? { labels: 48, iterations: 3, episodes: 8, prompts: 8 }
    : { labels: 450, iterations: 24, episodes: 64, prompts: 150 };

const ppo = (size: Size, iterations: number) => {
  const { episodes } = scaleOf(size);
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

const Answer = z.object({
  base: z.number(),
  once: z.number(),
  rounds: z.number(),
  /** Percent of held-out prompts on which the policy of three rounds has the better gold. */
  roundsWin: z.number(),
});
type Answer = z.infer<typeof Answer>;

export const freshLabels: Study<Answer> = {
  name: 'fresh-labels',
  settings: (size) => ({
    ROUNDS,
    scale: scaleOf(size),
    reward: rewardConfigOf(size),
    ppo: ppo(size, scaleOf(size).iterations),
  }),
  answer: Answer,
  run: async (run) =>
    withWorkplace(run, 'style', async (workplace) => {
      const { size } = run;
      const once = await learn(workplace, { name: 'once', rounds: 1, size });
      const rounds = await learn(workplace, { name: 'rounds', rounds: ROUNDS, size });
      const { prompts } = scaleOf(size);
      const [baseGold, onceGold, roundsGold] = [
        await goldsOf(workplace, workplace.baseDir, prompts),
        await goldsOf(workplace, once, prompts),
        await goldsOf(workplace, rounds, prompts),
      ];
      const answer = {
        base: mean(baseGold),
        once: mean(onceGold),
        rounds: mean(roundsGold),
        roundsWin: 100 * winRate(roundsGold, onceGold).value,
      };
      console.error(
        `style ${workplace.seed}  base ${answer.base.toFixed(2)}, once ${answer.once.toFixed(2)}, ` +
          `${ROUNDS} rounds ${answer.rounds.toFixed(2)}, win ${answer.roundsWin.toFixed(1)} %`,
      );
      return answer;
    }),
  report: (answers, report) => {
    const add = (figure: string, unit: string, values: readonly number[]) => {
      const { mean: value, low, high, detectable } = overSeeds(values);
      report.add({ figure: `${figure}, mean of ${values.length} seeds`, unit, value });
      report.add({ figure: `${figure}, lower 95 % bound`, unit, value: low });
      report.add({ figure: `${figure}, upper 95 % bound`, unit, value: high });
      report.add({ figure: `${figure}, detectable`, unit, value: detectable });
    };
    add(
      'gold, all at once less base',
      'gold',
      answers.map(({ base, once }) => once - base),
    );
    add(
      'gold, three rounds less all at once',
      'gold',
      answers.map(({ once, rounds }) => rounds - once),
    );
    add(
      'gold win rate of three rounds over all at once, less 50',
      'points',
      answers.map((one) => one.roundsWin - 50),
    );
  },
};

/** Each round judges pairs of the newest policy, trains a reward model on all judgements so far, and goes on from there. */
async function learn(
  workplace: Workplace,
  { name, rounds, size }: { name: string; rounds: number; size: Size },
): Promise<string> {
  const { world, seed, dir, baseDir } = workplace;
  const labels: PreferenceExample[] = [];
  let policyDir = baseDir;
  for (let round = 1; round <= rounds; round += 1) {
    const count = Math.round(scaleOf(size).labels / rounds);
    const pairs = await drawPairs(workplace, { modelDir: policyDir, count, name: `${name}-${round}` });
    labels.push(...pairs.map((pair) => judgePair(workplace, pair)));
    const rewardName = `${name}-reward-${round}`;
    const { rewardDir } = await trainReward(workplace, rewardName, labels, rewardConfigOf(size));
    const outDir = path.join(dir, `${name}-policy-${round}`);
    const { training: prompts } = world.prompts;
    const iterations = Math.round(scaleOf(size).iterations / rounds);
    await runPpo({
      policyDir,
      referenceDir: baseDir,
      rewardDir,
      outDir,
      prompts,
      config: ppo(size, iterations),
      seed: seed * 1000 + round,
    });
    policyDir = outDir;
  }
  return policyDir;
}

async function goldsOf(
  { world, sampling, seed }: Workplace,
  modelDir: string,
  count: number,
): Promise<number[]> {
  const prompts = world.prompts.heldOut.slice(0, count);
  const samples = await sampleFromFolder({
    modelDir,
    prompts,
    k: 1,
    config: sampling,
    seed: seed * 1000 + 99,
  });
  return prompts.map(({ text }, i) => world.score(text, samples[i]?.text ?? '').gold);
}
