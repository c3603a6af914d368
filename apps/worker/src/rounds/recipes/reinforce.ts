import { defineRecipe } from './define-recipe.ts';
import { describePolicyGradient, policyGradientReport, PolicyGradientResult } from './ppo.ts';
import { ownDraws } from './work-parts.ts';

export const reinforce = defineRecipe({
  recipe: 'reinforce',
  toCommand: ({ context, stage, policyDir, referenceDir, rewards, outDir }) => ({
    kind: 'reinforce',
    policyDir,
    ...(referenceDir !== undefined && { referenceDir }),
    rewards,
    outDir,
    ...ownDraws(context),
    config: stage.config,
    seed: context.config.seed,
  }),
  result: PolicyGradientResult,
  toReport: policyGradientReport,
  describe: describePolicyGradient,
});
