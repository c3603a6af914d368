import { join } from 'node:path';
import { beginStage, finishStage, logRound, type PromptText, type SampleReport } from '@rankloop/core';
import type { Checkpoint } from '@rankloop/db';
import { PpoResult, type LiveSample } from '../training/messages.ts';
import { findMade, keepFolder } from './keep-folder.ts';
import type { RoundContext } from './round-context.ts';
import { withSteps } from './step-writer.ts';

export interface PpoStageOptions {
  reward: Checkpoint;
  prompts: PromptText[];
  /** Whose outputs the page follows while it trains. */
  livePrompts: PromptText[];
}

/** Improves the policy against the reward model. */
export async function runPpoStage(context: RoundContext, options: PpoStageOptions): Promise<Checkpoint> {
  const { prisma, fence, dataDir, config, training, before } = context;
  const made = await findMade(context, 'policy');
  if (made) {
    await finishStage(prisma, fence, 'ppo', toReport(PpoResult.parse(made.metrics)));
    return made;
  }
  await beginStage(prisma, fence, 'ppo');
  const checkpoint = await keepFolder(context, { kind: 'policy', parentId: before.id }, async (outDir) => {
    const trained = await withSteps(context, 'ppo', (writer) =>
      training.run(
        {
          kind: 'ppo',
          policyDir: join(dataDir, before.folder),
          rewardDir: join(dataDir, options.reward.folder),
          outDir,
          prompts: options.prompts,
          livePrompts: options.livePrompts,
          config: config.ppo,
          seed: config.seed,
        },
        PpoResult,
        {
          onMetrics: (step, totalSteps, values) => writer.addStep({ step, totalSteps, values }),
          onSamples: (step, samples) => writer.addSamples(samples.map((sample) => toSample(step, sample))),
        },
      ),
    );
    // A JSON column holds no NaN.
    const final = Object.entries(trained.final).filter(([, value]) => Number.isFinite(value));
    return { ...trained, final: Object.fromEntries(final) };
  });
  const result = PpoResult.parse(checkpoint.metrics);
  await logRound(
    prisma,
    fence,
    `The policy was trained on ${result.episodes} outputs in ${Math.round(result.seconds)} s.`,
  );
  await finishStage(prisma, fence, 'ppo', toReport(result));
  return checkpoint;
}

function toReport({ final }: PpoResult): { finalKl?: number } {
  const kl = final['objective/kl'];
  return kl === undefined ? {} : { finalKl: kl };
}

/** Step 0 is the policy as the round found it. */
function toSample(step: number, { promptId, text, score, kl }: LiveSample): SampleReport {
  const policy = step === 0 ? 'before' : 'now';
  return { policy, step, promptId, text, score: finiteOrNull(score), kl: finiteOrNull(kl) };
}

const finiteOrNull = (value: number) => (Number.isFinite(value) ? value : null);
