import { RoundConfig } from '@rankloop/contracts';

export interface EstimateRoundOptions {
  config: RoundConfig;
  /** The newest round that succeeded here: the same machine and model, most likely. */
  lastRound: { config: unknown; summary: unknown; startedAt: Date | null; endedAt: Date | null } | null;
}

/** By how much the last round's time is scaled for other settings; null when nothing was measured yet. */
export function estimateRoundSeconds(options: EstimateRoundOptions): number | null {
  const { lastRound } = options;
  if (!lastRound?.startedAt || !lastRound.endedAt) return null;
  const config = RoundConfig.safeParse(lastRound.config);
  if (!config.success) return null;
  const seconds = (lastRound.endedAt.getTime() - lastRound.startedAt.getTime()) / 1000;
  return Math.max(1, Math.round((seconds * workOf(options.config)) / workOf(config.data)));
}

/** Tokens drawn and trained on, roughly; the judgements of a project change slowly, so they cancel out. */
function workOf({ ppo, sampling, outputsPerTask, newTasks, comparePrompts }: RoundConfig): number {
  const training = ppo.iterations * ppo.episodesPerIteration * ppo.maxNewTokens * (1 + 3 * ppo.innerEpochs);
  const sampled = (newTasks * outputsPerTask + 2 * comparePrompts) * sampling.maxNewTokens;
  return training + sampled;
}
