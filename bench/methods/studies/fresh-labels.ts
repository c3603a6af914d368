// The same judgements and outputs spent in three rounds on what the policy writes by then, or all at once at the start.

import { PpoConfig } from '@rankloop/contracts';
import { createRandom, judgeOutputs, type Random } from '@rankloop/demo';
import { runPpo, sampleFromFolder, winRate, type PreferenceExample } from '@rankloop/rl';
import path from 'node:path';
import { z } from 'zod';
import { usualCrowd, usualUtility } from '../labels.ts';
import { rewardConfigOf } from '../scene.ts';
import { overSeeds } from '../statistics.ts';
import type { Study } from './study.ts';
import { mean, trainReward, withWorkplace, type Workplace } from './workplace.ts';

const LABELS = 450;
const ROUNDS = 3;
const ITERATIONS = 60;
const PROMPTS = 150;

const ppo = (iterations: number) =>
  PpoConfig.parse({
    iterations,
    episodesPerIteration: 64,
    minibatchEpisodes: 32,
    learningRate: 1e-3,
    criticLearningRate: 2e-3,
    klCoefficient: 0.05,
    maxNewTokens: 14,
    weighByConfidence: false,
    samplePrompts: 0,
  });

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
    LABELS,
    ROUNDS,
    ITERATIONS,
    PROMPTS,
    reward: rewardConfigOf(size),
    ppo: ppo(ITERATIONS),
  }),
  answer: Answer,
  run: async (run) =>
    withWorkplace(run, 'summary', async (workplace) => {
      const config = rewardConfigOf(run.size);
      const once = await learn(workplace, 'once', 1, config);
      const rounds = await learn(workplace, 'rounds', ROUNDS, config);
      const [baseGold, onceGold, roundsGold] = [
        await goldsOf(workplace, workplace.baseDir),
        await goldsOf(workplace, once),
        await goldsOf(workplace, rounds),
      ];
      const answer = {
        base: mean(baseGold),
        once: mean(onceGold),
        rounds: mean(roundsGold),
        roundsWin: 100 * winRate(roundsGold, onceGold).value,
      };
      console.error(
        `summary ${workplace.seed}  base ${answer.base.toFixed(2)}, once ${answer.once.toFixed(2)}, ` +
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
  name: string,
  rounds: number,
  config: ReturnType<typeof rewardConfigOf>,
): Promise<string> {
  const { world, seed, dir, baseDir } = workplace;
  const random = createRandom(seed * 271 + rounds);
  const labels: PreferenceExample[] = [];
  let policyDir = baseDir;
  for (let round = 1; round <= rounds; round += 1) {
    labels.push(...(await judgeFresh(workplace, policyDir, Math.round(LABELS / rounds), random, round)));
    const { rewardDir } = await trainReward(workplace, `${name}-reward-${round}`, labels, config);
    const outDir = path.join(dir, `${name}-policy-${round}`);
    const { training: prompts } = world.prompts;
    const iterations = Math.round(ITERATIONS / rounds);
    await runPpo({
      policyDir,
      referenceDir: baseDir,
      rewardDir,
      outDir,
      prompts,
      config: ppo(iterations),
      seed,
    });
    policyDir = outDir;
  }
  return policyDir;
}

/** `count` judgements of two outputs each that `modelDir` writes now. */
async function judgeFresh(
  { world, seed, sampling }: Workplace,
  modelDir: string,
  count: number,
  random: Random,
  round: number,
): Promise<PreferenceExample[]> {
  // A tenth more than are wanted, for those that are skipped.
  const prompts = Array.from({ length: Math.ceil(count * 1.1) }, (_, i) => ({
    ...random.pick(world.prompts.training),
    taskId: `${round}-${i}`,
  }));
  const tasks = prompts.map(({ taskId, text }) => ({ id: taskId, text }));
  const samples = await sampleFromFolder({
    modelDir,
    prompts: tasks,
    k: 2,
    config: sampling,
    seed: seed + round,
  });
  const crowd = usualCrowd(world);
  const utility = usualUtility(world);
  const judged = prompts.flatMap(({ id, taskId, text }, i): PreferenceExample[] => {
    const completions = [samples[2 * i]?.text ?? '', samples[2 * i + 1]?.text ?? ''];
    const ranks = judgeOutputs({
      member: random.pick(crowd),
      seed,
      taskId,
      outputs: completions,
      utilities: completions.map((completion) => utility(text, completion)),
    });
    if (ranks === null) return [];
    return [{ promptId: id, promptText: text, completions, judgements: [{ id: taskId, ranks, weight: 1 }] }];
  });
  return judged.slice(0, count);
}

async function goldsOf({ world, sampling, seed }: Workplace, modelDir: string): Promise<number[]> {
  const prompts = world.prompts.heldOut.slice(0, PROMPTS);
  const samples = await sampleFromFolder({ modelDir, prompts, k: 1, config: sampling, seed: seed + 99 });
  return prompts.map(({ text }, i) => world.score(text, samples[i]?.text ?? '').gold);
}
