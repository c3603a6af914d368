import { z } from 'zod';
import { splitHeldOut } from '../data/round-data.ts';
import { defineRecipe } from './define-recipe.ts';
import { figures, Interval, percent, seconds } from './reports.ts';

const Result = z.object({
  heldOutAccuracy: Interval.nullable(),
  calibration: z.array(
    z.object({
      predicted: z.number(),
      observed: z.number(),
      // Absent in checkpoints of before intervals were measured.
      low: z.number().optional(),
      high: z.number().optional(),
      count: z.number().int(),
    }),
  ),
  seconds: z.number(),
  steps: z.number().optional(),
  trainPrompts: z.number().int(),
  trainPairs: z.number().int(),
  heldOutPairs: z.number().int(),
  skippedJudgements: z.number().int(),
  truncatedTexts: z.number().int(),
  /** Share of the score that a policy is given, 0..1. */
  confidence: z.number(),
  /** Of a model of ratings: squared error in variances of the ratings; absent or null where none was held out. */
  heldOutRatingError: z.number().nullish(),
  finalLoss: z.number().optional(),
});
type Result = z.infer<typeof Result>;

export const reward = defineRecipe({
  recipe: 'reward',
  toCommand({ context, stage, policyDir, outDir }) {
    const { data, config } = context;
    const { train, heldOut } = splitHeldOut(data, data.preferences.examples(stage.config.maxPersonShare));
    return {
      kind: 'reward',
      base: policyDir,
      outDir,
      examples: train,
      heldOut,
      config: stage.config,
      sampling: config.sampling,
      seed: config.seed,
    };
  },
  result: Result,
  toReport({ heldOutAccuracy, calibration, trainPrompts, confidence, ...rest }, _stage, stages) {
    // Only some recipes ask held-out labels how far the score may be believed.
    const isWeighed = stages.some(({ config }) => 'weighByConfidence' in config && config.weighByConfidence);
    return {
      trainingPrompts: trainPrompts,
      rewardConfidence: isWeighed ? confidence : 1,
      ...(heldOutAccuracy && { rewardAccuracy: heldOutAccuracy, heldOutPrompts: heldOutAccuracy.n }),
      calibration: calibration.map(({ count, ...bin }) => ({ ...bin, n: count })),
      ...figures({
        trainPairs: rest.trainPairs,
        heldOutPairs: rest.heldOutPairs,
        confidence,
        heldOutRatingError: rest.heldOutRatingError,
        steps: rest.steps,
        finalLoss: rest.finalLoss,
      }),
    };
  },
  describe: describeReward,
});

function describeReward(result: Result): string {
  const { heldOutAccuracy, heldOutRatingError, trainPairs, skippedJudgements, truncatedTexts } = result;
  const agrees = heldOutAccuracy
    ? ` It agrees with held-out judgements in ${percent(heldOutAccuracy.value)} of pairs.`
    : ' No held-out pair was there to check it on.';
  const rated =
    typeof heldOutRatingError === 'number'
      ? ` Its squared error on held-out ratings is ${percent(heldOutRatingError)} of their variance.`
      : '';
  const skipped = skippedJudgements > 0 ? ` ${skippedJudgements} judgements order nothing.` : '';
  const cut = truncatedTexts > 0 ? ` ${truncatedTexts} texts were too long and were cut.` : '';
  return `The reward model learned from ${trainPairs} pairs in ${seconds(result.seconds)}.${agrees}${rated}${skipped}${cut}`;
}
