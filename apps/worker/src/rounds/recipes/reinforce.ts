import { defineRecipe } from './define-recipe.ts';
import { describePolicyGradient, policyGradientReport, PolicyGradientResult } from './ppo.ts';
import { livePrompts } from './work-parts.ts';

export const reinforce = defineRecipe({
  recipe: 'reinforce',
  toCommand: ({ context, stage, policyDir, referenceDir, rewards, outDir }) => ({
    kind: 'reinforce',
    policyDir,
    ...(referenceDir !== undefined && { referenceDir }),
    rewards,
    outDir,
    prompts: context.prompts.training,
    livePrompts: livePrompts(context),
    config: stage.config,
    seed: context.config.seed,
  }),
  result: PolicyGradientResult,
  toReport: policyGradientReport,
  describe: describePolicyGradient,
});
