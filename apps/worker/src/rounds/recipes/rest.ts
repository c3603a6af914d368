import { z } from 'zod';
import { defineRecipe } from './define-recipe.ts';
import { describeChange, figures, RewardChange, rewardFigures, seconds } from './reports.ts';
import { candidatePrompts } from './work-parts.ts';

const Result = z.object({
  reward: RewardChange,
  history: z.array(z.object({ isKept: z.boolean(), kept: z.number(), drawn: z.number() })),
  stopped: z.enum(['no-improvement', 'nothing-above-threshold']).nullable(),
  steps: z.number().int(),
  seconds: z.number(),
});

const STOPPED = {
  'no-improvement': ' It ended early: the reward on held-out prompts rose no more.',
  'nothing-above-threshold': ' It ended early: no drawn output was above the next threshold.',
} as const;

export const rest = defineRecipe({
  recipe: 'rest',
  toCommand: ({ context, stage, policyDir, rewards, outDir }) => ({
    kind: 'rest',
    policyDir,
    rewards,
    outDir,
    ...candidatePrompts(context),
    config: stage.config,
    seed: context.config.seed,
  }),
  result: Result,
  toReport: ({ reward, history, steps }) =>
    figures({
      ...rewardFigures(reward),
      improveSteps: history.length,
      keptSteps: history.filter(({ isKept }) => isKept).length,
      steps,
    }),
  describe({ reward, history, stopped, ...result }) {
    const kept = history.filter(({ isKept }) => isKept).length;
    const ended = stopped === null ? '' : STOPPED[stopped];
    return `The policy kept ${kept} of ${history.length} improve steps in ${seconds(result.seconds)}.${ended}${describeChange(reward)}`;
  },
});
