import { join } from 'node:path';
import type { RoundReport } from '@rankloop/contracts';
import { beginStage, finishStage, logRound } from '@rankloop/core';
import type { Checkpoint } from '@rankloop/db';
import { splitByPrompt } from '@rankloop/rl';
import { RewardResult } from '../training/messages.ts';
import { findMade, keepFolder } from './keep-folder.ts';
import type { RoundContext } from './round-context.ts';
import { withSteps } from './step-writer.ts';

/** Trains a reward model on the snapshot, starting from the round's policy. */
export async function runRewardStage(context: RoundContext): Promise<Checkpoint> {
  const { prisma, fence, dataDir, config, training, before } = context;
  const made = await findMade(context, 'reward');
  if (made) {
    await finishStage(prisma, fence, 'reward', toReport(RewardResult.parse(made.metrics), config.ppo));
    return made;
  }
  await beginStage(prisma, fence, 'reward');
  const { train, heldOut } = splitByPrompt(context.examples, {
    heldOutFraction: config.reward.heldOutFraction,
    seed: config.seed,
  });
  const checkpoint = await keepFolder(context, { kind: 'reward', parentId: before.id }, (outDir) =>
    withSteps(context, 'reward', (writer) =>
      training.run(
        {
          kind: 'reward',
          base: join(dataDir, before.folder),
          outDir,
          examples: train,
          heldOut,
          config: config.reward,
          sampling: config.sampling,
          seed: config.seed,
        },
        RewardResult,
        { onMetrics: (step, totalSteps, values) => writer.addStep({ step, totalSteps, values }) },
      ),
    ),
  );
  const result = RewardResult.parse(checkpoint.metrics);
  await logRound(prisma, fence, describe(result));
  await finishStage(prisma, fence, 'reward', toReport(result, config.ppo));
  return checkpoint;
}

function toReport(result: RewardResult, { weighByConfidence }: RoundContext['config']['ppo']): RoundReport {
  const { heldOutAccuracy, calibration, trainPrompts, confidence } = result;
  return {
    trainingPrompts: trainPrompts,
    rewardConfidence: weighByConfidence ? confidence : 1,
    ...(heldOutAccuracy && { rewardAccuracy: heldOutAccuracy, heldOutPrompts: heldOutAccuracy.n }),
    calibration: calibration.map(({ predicted, observed, count }) => ({ predicted, observed, n: count })),
  };
}

function describe(result: RewardResult): string {
  const { heldOutAccuracy, trainPairs, seconds, skippedJudgements, truncatedTexts } = result;
  const agrees = heldOutAccuracy
    ? ` It agrees with held-out judgements in ${Math.round(heldOutAccuracy.value * 100)} % of pairs.`
    : ' No held-out pair was there to check it on.';
  const skipped = skippedJudgements > 0 ? ` ${skippedJudgements} judgements order nothing.` : '';
  const cut = truncatedTexts > 0 ? ` ${truncatedTexts} texts were too long and were cut.` : '';
  return `The reward model learned from ${trainPairs} pairs in ${Math.round(seconds)} s.${agrees}${skipped}${cut}`;
}
