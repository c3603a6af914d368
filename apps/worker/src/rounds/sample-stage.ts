import { join } from 'node:path';
import type { RoundReport } from '@rankloop/contracts';
import { beginStage, finishStage, recordSamples, type PromptText, type SampleReport } from '@rankloop/core';
import type { Checkpoint } from '@rankloop/db';
import { winRate } from '@rankloop/rl';
import { SampleResult, ScoreResult } from '../training/messages.ts';
import type { RoundContext } from './round-context.ts';

export interface SampleStageOptions {
  reward: Checkpoint;
  policy: Checkpoint;
  prompts: PromptText[];
}

interface Drawn {
  policy: SampleReport['policy'];
  step: number;
  texts: string[];
}

/** Lets the base, the policy before the round and the new one answer the same prompts, and says which one wins. */
export async function runSampleStage(context: RoundContext, options: SampleStageOptions): Promise<void> {
  const { prisma, fence, config, base, before } = context;
  const { prompts } = options;
  await beginStage(prisma, fence, 'sample');
  if (prompts.length === 0) {
    const warnings = ['No prompt was left to compare policies on.'];
    return finishStage(prisma, fence, 'sample', { warnings });
  }
  const lines: { policy: Drawn['policy']; checkpoint: Checkpoint; step: number }[] = [
    { policy: 'base', checkpoint: base, step: 0 },
    ...(before.id === base.id ? [] : [{ policy: 'before' as const, checkpoint: before, step: 0 }]),
    { policy: 'now', checkpoint: options.policy, step: config.ppo.iterations },
  ];
  const scores: number[][] = [];
  const drawn: Drawn[] = [];
  for (const { policy, checkpoint, step } of lines) {
    context.signal.throwIfAborted();
    const texts = await drawOne(context, checkpoint, prompts);
    const points = await score(context, options.reward, prompts, texts);
    // In a project's first round the base and the policy before it are one.
    const names = policy === 'base' && before.id === base.id ? (['base', 'before'] as const) : [policy];
    const samples = names.flatMap((name) =>
      prompts.map(({ id }, i) => ({
        policy: name,
        step,
        promptId: id,
        text: texts[i] ?? '',
        score: points[i] ?? null,
        kl: null,
      })),
    );
    await recordSamples(prisma, fence, samples);
    drawn.push({ policy, step, texts });
    scores.push(points);
  }
  await finishStage(prisma, fence, 'sample', compare(context, prompts, drawn, scores));
}

/** The same seed for every policy, so that luck is the same for all. */
async function drawOne(
  { training, dataDir, config }: RoundContext,
  checkpoint: Checkpoint,
  prompts: PromptText[],
): Promise<string[]> {
  const outputs = await training.run(
    {
      kind: 'sample',
      modelDir: join(dataDir, checkpoint.folder),
      prompts,
      k: 1,
      config: config.sampling,
      seed: config.seed,
    },
    SampleResult,
  );
  return outputs.map(({ text }) => text);
}

async function score(
  { training, dataDir }: RoundContext,
  reward: Checkpoint,
  prompts: readonly PromptText[],
  texts: readonly string[],
): Promise<number[]> {
  const items = prompts.map((prompt, i) => ({ prompt, completion: texts[i] ?? '' }));
  return training.run({ kind: 'score', rewardDir: join(dataDir, reward.folder), items }, ScoreResult);
}

/** New over base, by the gold where there is one, else by the reward model that it was trained on. */
function compare(
  { judgeGold, config }: RoundContext,
  prompts: readonly PromptText[],
  drawn: readonly Drawn[],
  scores: readonly number[][],
): RoundReport {
  const goldOf = (texts: readonly string[]) =>
    judgeGold?.(prompts.map(({ text }, i) => ({ prompt: text, completion: texts[i] ?? '' }))) ?? null;
  const [first, last] = [drawn.at(0), drawn.at(-1)];
  const [firstScores, lastScores] = [scores.at(0), scores.at(-1)];
  if (!first || !last || !firstScores || !lastScores) return {};
  const [baseGold, newGold] = [goldOf(first.texts), goldOf(last.texts)];
  const options = { promptIds: prompts.map(({ id }) => id), seed: config.seed };
  return baseGold && newGold
    ? { winRate: { ...winRate(newGold, baseGold, options), judge: 'gold' } }
    : { winRate: { ...winRate(lastScores, firstScores, options), judge: 'reward model' } };
}
