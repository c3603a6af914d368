import { z } from 'zod';
import { splitHeldOut } from '../data/round-data.ts';
import { defineRecipe } from './define-recipe.ts';
import { DpoResult } from './dpo.ts';
import { describeChange, figures, percent, RewardChange, rewardFigures, seconds } from './reports.ts';
import { candidatePrompts } from './work-parts.ts';

const Result = z.object({
  reward: RewardChange.nullable(),
  candidates: z
    .object({
      prompts: z.number().int(),
      drawn: z.number().int(),
      unique: z.number().int(),
      kept: z.number().int(),
      acceptanceRate: z.number().optional(),
      shortPrompts: z.number().int(),
      pairs: z.number().int(),
      ties: z.number().int(),
      meanReward: z.number().optional(),
      keptReward: z.number().optional(),
    })
    .nullable(),
  dpo: DpoResult,
  seconds: z.number(),
});

export const rso = defineRecipe({
  recipe: 'rso',
  toCommand({ context, stage, policyDir, samplerDir, rewards, outDir }) {
    const { data, config } = context;
    const { train, heldOut } = splitHeldOut(data, data.preferences.examples());
    return {
      kind: 'rso',
      policyDir,
      ...(samplerDir !== undefined && { samplerDir }),
      rewards,
      outDir,
      ...candidatePrompts(context),
      examples: train,
      heldOut,
      config: stage.config,
      seed: config.seed,
    };
  },
  result: Result,
  toReport: ({ reward, candidates, dpo }) =>
    figures({
      ...rewardFigures(reward),
      ...candidates,
      heldOutAccuracy: dpo.heldOutAccuracy?.value,
      steps: dpo.steps,
      trainPairs: dpo.trainPairs,
      finalLoss: dpo.finalLoss,
    }),
  describe({ reward, candidates, dpo, ...result }) {
    const accepted =
      candidates?.acceptanceRate === undefined
        ? ''
        : ` of ${candidates.kept} outputs kept from ${candidates.drawn} (${percent(candidates.acceptanceRate)} accepted at first)`;
    return `The policy learned from ${dpo.trainPairs} pairs${accepted} in ${seconds(result.seconds)}.${describeChange(reward)}`;
  },
});
