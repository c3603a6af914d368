import type { StageReport } from '@rankloop/contracts';
import { findCorpus, readCorpusTexts } from '@rankloop/core';
import { z } from 'zod';
import { defineRecipe } from './define-recipe.ts';
import { Figures, figures, klOf, seconds } from './reports.ts';
import { ownDraws } from './work-parts.ts';
import type { RoundContext } from '../round-context.ts';

/** Of recipes that improve a policy on its own draws. */
export const PolicyGradientResult = z.object({
  iterations: z.number().int(),
  episodes: z.number().int(),
  seconds: z.number(),
  tokensPerSecond: z.number(),
  final: Figures,
  pretraining: z.object({ heldOutLossBefore: z.number(), heldOutLossAfter: z.number() }).optional(),
});
type PolicyGradientResult = z.infer<typeof PolicyGradientResult>;

export const ppo = defineRecipe({
  recipe: 'ppo',
  toCommand: async ({ context, stage, policyDir, referenceDir, rewards, outDir }) => ({
    kind: 'ppo',
    policyDir,
    ...(referenceDir !== undefined && { referenceDir }),
    rewards,
    outDir,
    ...ownDraws(context),
    ...(stage.config.ptxCoefficient > 0 && { corpus: await readCorpus(context, stage.corpus) }),
    config: stage.config,
    seed: context.config.seed,
  }),
  result: PolicyGradientResult,
  toReport: policyGradientReport,
  describe: describePolicyGradient,
});

export function policyGradientReport({
  final,
  episodes,
  tokensPerSecond,
  pretraining,
}: PolicyGradientResult): StageReport {
  const corpus = {
    corpusLossBefore: pretraining?.heldOutLossBefore,
    corpusLossAfter: pretraining?.heldOutLossAfter,
  };
  return { ...klOf(final), ...figures({ ...final, episodes, tokensPerSecond, ...corpus }) };
}

export function describePolicyGradient({ episodes, ...result }: PolicyGradientResult): string {
  return `The policy was trained on ${episodes} outputs in ${seconds(result.seconds)}.`;
}

async function readCorpus(
  { prisma, dataDir, round }: RoundContext,
  name: string | undefined,
): Promise<string[]> {
  const corpus = await findCorpus(prisma, {
    projectId: round.projectId,
    ...(name !== undefined && { name }),
  });
  if (!corpus) throw new Error('The pretraining corpus of this round is gone. Add it again, then retry.');
  return readCorpusTexts(dataDir, corpus);
}
