import { z } from 'zod';
import { defineRecipe } from './define-recipe.ts';
import { describeChange, Figures, figures, RewardChange, rewardFigures, seconds } from './reports.ts';
import { candidatePrompts } from './work-parts.ts';

const Result = z.object({
  reward: RewardChange,
  iterations: z.number().int(),
  drawn: z.number().int(),
  kept: z.number().int(),
  steps: z.number().int(),
  seconds: z.number(),
  final: Figures,
});

export const raft = defineRecipe({
  recipe: 'raft',
  toCommand: ({ context, stage, policyDir, rewards, outDir }) => ({
    kind: 'raft',
    policyDir,
    rewards,
    outDir,
    ...candidatePrompts(context),
    config: stage.config,
    seed: context.config.seed,
  }),
  result: Result,
  toReport: ({ reward, drawn, kept, steps, final }) =>
    figures({ ...final, ...rewardFigures(reward), drawn, kept, steps }),
  describe: ({ reward, iterations, drawn, kept, ...result }) =>
    `The policy learned ${kept} of ${drawn} drawn outputs in ${iterations} iterations and ${seconds(result.seconds)}.${describeChange(reward)}`,
});
