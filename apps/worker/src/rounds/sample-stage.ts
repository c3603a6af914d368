import { join } from 'node:path';
import { lastMade, type RoundReport } from '@rankloop/contracts';
import { beginStage, finishStage, recordSamples, type PromptText, type SampleReport } from '@rankloop/core';
import type { Checkpoint } from '@rankloop/db';
import { winRate } from '@rankloop/rl';
import { ScoreResult } from '../training/messages.ts';
import { drawOutputs } from './draw-outputs.ts';
import { rewardFolders, type Made, type WeighedCheckpoint } from './made.ts';
import type { RoundContext } from './round-context.ts';

export interface SampleStageOptions {
  /** What outputs are scored with; empty where the round has no reward model. */
  rewards: WeighedCheckpoint[];
  policy: Made;
  prompts: PromptText[];
}

interface Drawn {
  policy: SampleReport['policy'];
  texts: string[];
  /** Null where the round has no reward model. */
  scores: number[] | null;
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
  const plain = (checkpoint: Checkpoint): Made => ({ checkpoint, serving: null });
  const lines: { policy: Drawn['policy']; made: Made; step: number }[] = [
    { policy: 'base', made: plain(base), step: 0 },
    ...(before.id === base.id ? [] : [{ policy: 'before' as const, made: plain(before), step: 0 }]),
    { policy: 'now', made: options.policy, step: lastStepOf(config) },
  ];
  const drawn: Drawn[] = [];
  for (const { policy, made, step } of lines) {
    context.signal.throwIfAborted();
    // The same seed for every policy, so that luck is the same for all.
    const outputs = await drawOutputs(context, made, { prompts, k: 1, seed: config.seed });
    const texts = outputs.map(({ text }) => text);
    const scores = await score(context, options.rewards, prompts, texts);
    // In a project's first round the base and the policy before it are one.
    const names = policy === 'base' && before.id === base.id ? (['base', 'before'] as const) : [policy];
    const samples = names.flatMap((name) =>
      prompts.map(({ id }, i) => ({
        policy: name,
        step,
        promptId: id,
        text: texts[i] ?? '',
        tokens: outputs[i]?.tokenIds.length ?? null,
        score: scores?.[i] ?? null,
        kl: null,
      })),
    );
    await recordSamples(prisma, fence, samples);
    drawn.push({ policy, texts, scores });
  }
  await finishStage(prisma, fence, 'sample', compare(context, prompts, drawn));
}

/** Where the last live outputs of the policy stand, so that the comparison takes their place. */
function lastStepOf({ stages }: RoundContext['config']): number {
  const last = lastMade(stages, 'policy');
  return last && 'iterations' in last.config ? last.config.iterations : 1;
}

async function score(
  context: RoundContext,
  rewards: readonly WeighedCheckpoint[],
  prompts: readonly PromptText[],
  texts: readonly string[],
): Promise<number[] | null> {
  const [only, ...others] = rewards;
  if (!only) return null;
  const items = prompts.map((prompt, i) => ({ prompt, completion: texts[i] ?? '' }));
  const rewardDir =
    others.length === 0 ? join(context.dataDir, only.checkpoint.folder) : rewardFolders(context, rewards);
  return context.training.run({ kind: 'score', rewardDir, items }, ScoreResult);
}

/**
 * New over base, and the policy before over base, by the gold where there is one, else by the reward model that the new
 * one was trained on.
 */
function compare(
  { judgeGold, config }: RoundContext,
  prompts: readonly PromptText[],
  drawn: readonly Drawn[],
): RoundReport {
  const goldOf = (texts: readonly string[]) =>
    judgeGold?.(prompts.map(({ text }, i) => ({ prompt: text, completion: texts[i] ?? '' }))) ?? null;
  const [first, last] = [drawn.at(0), drawn.at(-1)];
  if (!first || !last) return {};
  const before = drawn.find(({ policy }) => policy === 'before') ?? first;
  const [baseGold, beforeGold, newGold] = [goldOf(first.texts), goldOf(before.texts), goldOf(last.texts)];
  const options = { promptIds: prompts.map(({ id }) => id), seed: config.seed };
  const over = (judge: string, base: number[], previous: number[], now: number[]): RoundReport => ({
    winRate: { ...winRate(now, base, options), judge },
    previousWinRate: { ...winRate(previous, base, options), judge },
  });
  if (baseGold && beforeGold && newGold) return over('gold', baseGold, beforeGold, newGold);
  if (first.scores && before.scores && last.scores)
    return over('reward model', first.scores, before.scores, last.scores);
  return {
    warnings: ['No reward model was trained in this round, so nothing says how often the new policy wins.'],
  };
}
