import { z } from 'zod';
import { defineRecipe } from './define-recipe.ts';
import { describeChange, figures, RewardChange, rewardFigures, seconds } from './reports.ts';
import { candidatePrompts } from './work-parts.ts';

const Result = z.object({
  reward: RewardChange,
  isServed: z.boolean(),
  n: z.number().int(),
  klBound: z.number(),
  trainedOn: z.number().int(),
  steps: z.number().int(),
  seconds: z.number(),
});

export const bestOfN = defineRecipe({
  recipe: 'best-of-n',
  toCommand: ({ context, stage, policyDir, rewards, outDir }) => ({
    kind: 'best-of-n',
    policyDir,
    rewards,
    outDir,
    ...candidatePrompts(context),
    config: stage.config,
    seed: context.config.seed,
  }),
  result: Result,
  toReport: ({ reward, klBound, trainedOn, steps }) =>
    figures({ ...rewardFigures(reward), klBound, trainedOn, steps }),
  describe: ({ reward, isServed, n, trainedOn, ...result }) =>
    isServed
      ? `The policy stays as it is and gives the best of ${n} draws.${describeChange(reward)}`
      : `The policy learned the best of ${n} draws for ${trainedOn} prompts in ${seconds(result.seconds)}.${describeChange(reward)}`,
});
