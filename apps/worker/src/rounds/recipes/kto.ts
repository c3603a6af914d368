import { z } from 'zod';
import { splitHeldOut } from '../data/round-data.ts';
import { defineRecipe } from './define-recipe.ts';
import { figures, Interval, percent, seconds } from './reports.ts';

const Result = z.object({
  heldOutAccuracy: Interval.nullable(),
  steps: z.number().int(),
  seconds: z.number(),
  desirable: z.number().int(),
  undesirable: z.number().int(),
  heldOutExamples: z.number().int(),
  truncatedExamples: z.number().int(),
  finalLoss: z.number().optional(),
});

export const kto = defineRecipe({
  recipe: 'kto',
  toCommand({ context, stage, policyDir, referenceDir, outDir }) {
    const { data, config } = context;
    const { train, heldOut } = splitHeldOut(data, data.thumbs.examples());
    return {
      kind: 'kto',
      policyDir,
      ...(referenceDir !== undefined && { referenceDir }),
      outDir,
      examples: train,
      heldOut,
      config: stage.config,
      seed: config.seed,
    };
  },
  result: Result,
  toReport: ({ heldOutAccuracy, seconds: _, ...result }) =>
    figures({ ...result, heldOutAccuracy: heldOutAccuracy?.value }),
  describe({ heldOutAccuracy, desirable, undesirable, truncatedExamples, ...result }) {
    const agrees = heldOutAccuracy
      ? ` It puts held-out outputs on the side that people put them on in ${percent(heldOutAccuracy.value)} of cases.`
      : ' No held-out thumbs were there to check it on.';
    const cut = truncatedExamples > 0 ? ` ${truncatedExamples} texts were too long and were cut.` : '';
    return `The policy learned from ${desirable} thumbs up and ${undesirable} down in ${seconds(result.seconds)}.${agrees}${cut}`;
  },
});
