import { RoundConfig, type StageSpec } from '@rankloop/contracts';

export interface EstimateRoundOptions {
  config: RoundConfig;
  /** The newest round that succeeded here: the same machine and model, most likely. */
  lastRound: { config: unknown; summary: unknown; startedAt: Date | null; endedAt: Date | null } | null;
}

/**
 * By how much the last round's time is scaled for other settings; null when nothing was measured yet, or only other
 * recipes: what a token costs differs too much between them.
 */
export function estimateRoundSeconds(options: EstimateRoundOptions): number | null {
  const { lastRound } = options;
  if (!lastRound?.startedAt || !lastRound.endedAt) return null;
  const config = RoundConfig.safeParse(lastRound.config);
  if (!config.success || recipesOf(config.data) !== recipesOf(options.config)) return null;
  const seconds = (lastRound.endedAt.getTime() - lastRound.startedAt.getTime()) / 1000;
  const work = workOf(config.data);
  if (work === 0) return null;
  return Math.max(1, Math.round((seconds * workOf(options.config)) / work));
}

const recipesOf = ({ stages }: RoundConfig) => stages.map(({ recipe }) => recipe).join(' ');

/** Tokens drawn and trained on, roughly; the judgements of a project change slowly, so they cancel out. */
function workOf({ stages, sampling, outputsPerTask, newTasks, comparePrompts }: RoundConfig): number {
  const training = stages.reduce((sum, stage) => sum + workOfStage(stage), 0);
  const sampled = (newTasks * outputsPerTask + 2 * comparePrompts) * sampling.maxNewTokens;
  return training + sampled;
}

function workOfStage({ recipe, config }: StageSpec): number {
  switch (recipe) {
    case 'ppo':
      return (
        config.iterations * config.episodesPerIteration * config.maxNewTokens * (1 + 3 * config.innerEpochs)
      );
    case 'reinforce':
      return (
        config.iterations *
        config.promptsPerIteration *
        config.outputsPerPrompt *
        config.maxNewTokens *
        (1 + 3 * config.innerEpochs)
      );
    case 'rso':
      return config.mode === 'direct' ? 0 : config.prompts * config.candidates * config.maxNewTokens;
    case 'raft':
      return config.iterations * config.prompts * config.candidates * config.maxNewTokens;
    case 'rest':
      return config.growSteps * config.prompts * config.candidates * config.maxNewTokens;
    case 'best-of-n':
      return config.prompts * config.n * config.maxNewTokens;
    default:
      return 0;
  }
}
