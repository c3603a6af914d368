import { join } from 'node:path';
import { logRound } from '@rankloop/core';
import { z } from 'zod';
import { splitHeldOut } from '../data/round-data.ts';
import type { ScoredSample } from '../data/scored-samples.ts';
import { hasFiles } from '../has-files.ts';
import type { RoundContext } from '../round-context.ts';
import { defineRecipe } from './define-recipe.ts';
import { Figures, figures, klOf, seconds } from './reports.ts';

const Result = z.object({
  samples: z.number().int(),
  used: z.number().int(),
  refusedStale: z.number().int(),
  refusedUnusable: z.number().int(),
  recomputed: z.number().int(),
  samplerGap: z.number().nullish(),
  meanScore: z.number().optional(),
  steps: z.number().int(),
  passes: z.number().int(),
  seconds: z.number(),
  heldOutScore: z
    .object({
      before: z.number().optional(),
      after: z.number().optional(),
      effectiveSamples: z.number().optional(),
    })
    .nullable(),
  final: Figures,
});

export const online = defineRecipe({
  recipe: 'online',
  async toCommand({ context, stage, policyDir, referenceDir, outDir }) {
    const { data, config } = context;
    const samples = data.scored.examples(data.drawn, stage.config.temperature);
    const others = data.scored.completionIds.length - samples.length;
    if (others > 0) {
      await logRound(
        context.prisma,
        context.fence,
        `${others} scored outputs are left out: they were not drawn here, one at a time, at temperature ${stage.config.temperature} from all tokens.`,
      );
    }
    const { train, heldOut } = splitHeldOut(data, samples);
    if (train.length === 0) {
      throw new Error(
        `No scored output was drawn at temperature ${stage.config.temperature} from all tokens: set the temperature of "${stage.name}" to that of the sampling, and top k to 0 and top p to 1 there.`,
      );
    }
    return {
      kind: 'online',
      policyDir,
      ...(referenceDir !== undefined && { referenceDir }),
      behaviours: await findBehaviours(context, samples),
      outDir,
      examples: train,
      heldOut,
      config: stage.config,
      seed: config.seed,
    };
  },
  result: Result,
  toReport: ({ final, heldOutScore, seconds: _, ...result }) => ({
    ...klOf(final),
    ...figures({
      ...final,
      ...result,
      heldOutScoreBefore: heldOutScore?.before,
      heldOutScoreAfter: heldOutScore?.after,
      effectiveSamples: heldOutScore?.effectiveSamples,
    }),
  }),
  describe({ used, samples, refusedStale, heldOutScore, ...result }) {
    const stale = refusedStale > 0 ? ` ${refusedStale} were too stale.` : '';
    const rose =
      heldOutScore?.before !== undefined && heldOutScore.after !== undefined
        ? ` The score that held-out samples let expect went from ${heldOutScore.before.toFixed(2)} to ${heldOutScore.after.toFixed(2)}.`
        : '';
    return `The policy learned from ${used} of ${samples} scored outputs in ${seconds(result.seconds)}.${stale}${rose}`;
  },
});

/** Folders of the policies that drew the samples, as far as they are still there. */
async function findBehaviours(
  { prisma, dataDir, round }: RoundContext,
  samples: readonly ScoredSample[],
): Promise<Record<string, string>> {
  const ids = [...new Set(samples.flatMap(({ drawnBy }) => (drawnBy === undefined ? [] : [drawnBy])))];
  const checkpoints = await prisma.checkpoint.findMany({
    where: { id: { in: ids }, projectId: round.projectId, kind: 'policy', prunedAt: null },
  });
  const behaviours: Record<string, string> = {};
  for (const checkpoint of checkpoints)
    if (await hasFiles(dataDir, checkpoint)) behaviours[checkpoint.id] = join(dataDir, checkpoint.folder);
  return behaviours;
}
