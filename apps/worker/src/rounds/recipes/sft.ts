import { z } from 'zod';
import { sourcesOf, splitHeldOut } from '../data/round-data.ts';
import { defineRecipe } from './define-recipe.ts';
import { figures, seconds } from './reports.ts';

const Result = z.object({
  heldOutLossBefore: z.number().nullish(),
  heldOutLoss: z.number().nullish(),
  keptEpoch: z.number().int(),
  steps: z.number().int(),
  seconds: z.number(),
  trainTexts: z.number().int(),
  heldOutTexts: z.number().int(),
  truncatedTexts: z.number().int(),
  finalLoss: z.number().optional(),
});

export const sft = defineRecipe({
  recipe: 'sft',
  toCommand({ context, stage, policyDir, outDir }) {
    const { data, config } = context;
    const { train, heldOut } = splitHeldOut(data, data.texts.examples(sourcesOf(stage)));
    return {
      kind: 'sft',
      policyDir,
      outDir,
      examples: train,
      heldOut,
      config: stage.config,
      seed: config.seed,
    };
  },
  result: Result,
  toReport: ({ seconds: _, ...result }) => figures(result),
  describe({ trainTexts, heldOutLossBefore, heldOutLoss, truncatedTexts, keptEpoch, ...result }) {
    const fell =
      typeof heldOutLossBefore === 'number' && typeof heldOutLoss === 'number'
        ? ` Its loss on held-out prompts went from ${heldOutLossBefore.toFixed(3)} to ${heldOutLoss.toFixed(3)} nats per token (pass ${keptEpoch}).`
        : ' No held-out text was there to check it on.';
    const cut = truncatedTexts > 0 ? ` ${truncatedTexts} texts were too long and were cut.` : '';
    return `The policy learned to write ${trainTexts} texts in ${seconds(result.seconds)}.${fell}${cut}`;
  },
});
