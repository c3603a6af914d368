import { z } from 'zod';
import { splitHeldOut } from '../data/round-data.ts';
import { defineRecipe } from './define-recipe.ts';
import { figures, Interval, percent, seconds } from './reports.ts';

export const DpoResult = z.object({
  heldOutAccuracy: Interval.nullable(),
  steps: z.number().int(),
  seconds: z.number(),
  trainPairs: z.number().int(),
  heldOutPairs: z.number().int(),
  skippedJudgements: z.number().int(),
  truncatedPairs: z.number().int(),
  finalLoss: z.number().optional(),
});
export type DpoResult = z.infer<typeof DpoResult>;

export const dpo = defineRecipe({
  recipe: 'dpo',
  toCommand({ context, stage, policyDir, referenceDir, outDir }) {
    const { data, config } = context;
    const { train, heldOut } = splitHeldOut(data, data.preferences.examples());
    return {
      kind: 'dpo',
      policyDir,
      ...(referenceDir !== undefined && { referenceDir }),
      outDir,
      examples: train,
      heldOut,
      config: stage.config,
      seed: config.seed,
    };
  },
  result: DpoResult,
  toReport: (result) => dpoFigures(result),
  describe: describeDpo,
});

export function dpoFigures({ heldOutAccuracy, steps, trainPairs, heldOutPairs, finalLoss }: DpoResult) {
  return figures({
    heldOutAccuracy: heldOutAccuracy?.value,
    heldOutAccuracyLow: heldOutAccuracy?.low,
    heldOutAccuracyHigh: heldOutAccuracy?.high,
    steps,
    trainPairs,
    heldOutPairs,
    finalLoss,
  });
}

export function describeDpo({ heldOutAccuracy, trainPairs, truncatedPairs, ...result }: DpoResult): string {
  const agrees = heldOutAccuracy
    ? ` Its own preferences agree with held-out judgements in ${percent(heldOutAccuracy.value)} of pairs.`
    : ' No held-out pair was there to check it on.';
  const cut = truncatedPairs > 0 ? ` ${truncatedPairs} pairs were too long and were cut.` : '';
  return `The policy learned from ${trainPairs} pairs in ${seconds(result.seconds)}.${agrees}${cut}`;
}
