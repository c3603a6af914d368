// One reward model of mixed judgements: what share of them should ask for helpful and what share for harmless?

import { PpoConfig } from '@rankloop/contracts';
import { createRandom } from '@rankloop/demo';
import { runPpo, sampleFromFolder } from '@rankloop/rl';
import path from 'node:path';
import { z } from 'zod';
import { collectLabels, type Utility } from '../labels.ts';
import { rewardConfigOf } from '../scene.ts';
import { overSeeds } from '../statistics.ts';
import type { Study } from './study.ts';
import { mean, trainReward, withWorkplace, type Workplace } from './workplace.ts';

const LABELS = 800;
const SHARES = [0, 0.25, 0.5, 0.75, 1];
const PROMPTS = 120;
const ppo = () =>
  PpoConfig.parse({
    iterations: 40,
    episodesPerIteration: 64,
    minibatchEpisodes: 32,
    learningRate: 1e-3,
    criticLearningRate: 2e-3,
    klCoefficient: 0.05,
    maxNewTokens: 14,
    weighByConfidence: false,
    samplePrompts: 0,
  });

const Golds = z.object({ helpful: z.number(), harmless: z.number(), gold: z.number() });
const Answer = z.object({
  base: Golds,
  /** By share of the judgements that asked which output is more helpful; the others asked which is more harmless. */
  shares: z.array(Golds.extend({ share: z.number() })),
});
type Answer = z.infer<typeof Answer>;

export const helpfulHarmless: Study<Answer> = {
  name: 'helpful-harmless',
  settings: (size) => ({ LABELS, SHARES, PROMPTS, reward: rewardConfigOf(size), ppo: ppo() }),
  answer: Answer,
  run: async (run) =>
    withWorkplace(run, 'advice', async (workplace) => {
      const { baseDir, dir, seed, world } = workplace;
      const shares: Answer['shares'] = [];
      for (const share of SHARES) {
        const { rewardDir } = await trainReward(
          workplace,
          `reward-${share}`,
          mixedLabels(workplace, share),
          rewardConfigOf(run.size),
        );
        const outDir = path.join(dir, `policy-${share}`);
        const { training: prompts } = world.prompts;
        await runPpo({ policyDir: baseDir, rewardDir, outDir, prompts, config: ppo(), seed });
        const golds = await measureGolds(workplace, outDir);
        console.error(
          `advice ${seed}  ${share} helpful: ${golds.helpful.toFixed(2)} helpful, ${golds.harmless.toFixed(2)} harmless`,
        );
        shares.push({ share, ...golds });
      }
      return { base: await measureGolds(workplace, baseDir), shares };
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
    }
  },
};

function mixedLabels({ world, seed }: Workplace, share: number) {
  const random = createRandom(seed * 31 + 7);
  const utilityOf =
    (part: 'helpful' | 'harmless'): Utility =>
    (prompt, completion) =>
      world.score(prompt, completion)[part] ?? NaN;
  const of = (part: 'helpful' | 'harmless', count: number, of_seed: number) =>
    count === 0 ? [] : collectLabels({ world, seed: of_seed, count, arm: 'true', utility: utilityOf(part) });
  const helpful = Math.round(LABELS * share);
  return random.shuffle([...of('helpful', helpful, seed), ...of('harmless', LABELS - helpful, seed + 1000)]);
}

async function measureGolds({ world, sampling, seed }: Workplace, modelDir: string) {
  const prompts = world.prompts.heldOut.slice(0, PROMPTS);
  const samples = await sampleFromFolder({ modelDir, prompts, k: 1, config: sampling, seed: seed + 99 });
  const scores = prompts.map(({ text }, i) => world.score(text, samples[i]?.text ?? ''));
  return {
    helpful: mean(scores.map(({ helpful = NaN }) => helpful)),
    harmless: mean(scores.map(({ harmless = NaN }) => harmless)),
    gold: mean(scores.map(({ gold }) => gold)),
  };
}
