// From scores to the advantages of policy gradients: what an output is compared with is the estimator's.

import type { ReinforceConfig } from '@rankloop/contracts';
import { estimateAdvantages } from '../../returns/gae.ts';
import {
  centredAdvantages,
  divideBySpread,
  leaveOneOutAdvantages,
  type RunningMean,
} from '../../returns/group-advantages.ts';
import { shapeRewards, type KlEstimator, type ShapedRewards } from '../../returns/kl.ts';
import { objectiveOf, type ObjectiveMetrics, type ScoredEpisode } from '../ppo/advantages.ts';
import type { Experience } from '../ppo/episode.ts';
import { average, shareOf } from '../ppo/statistics.ts';

/** What an update without a critic needs beside. */
export interface GradientExperience extends Experience {
  readonly refLogProbs: readonly number[];
  /** How much the output counts; 1 for all that were drawn for the purpose. */
  readonly weight: number;
}

export interface AdvantageChoices {
  readonly estimator: ReinforceConfig['estimator'];
  readonly baseline: ReinforceConfig['baseline'];
  readonly baselineConstant: number;
  readonly scaleAdvantages: 'none' | 'group' | 'batch';
  readonly klPlace: 'reward' | 'loss';
  readonly klEstimator: KlEstimator;
  readonly klCoefficient: number;
  /** Outputs of a prompt, which follow each other. */
  readonly outputsPerPrompt: number;
  /** Scores are cut to ± this; 0 is off. */
  readonly scoreClip: number;
  /** What the advantages are multiplied with at last; 1 by default. */
  readonly advantageWeight?: number;
}

export interface GradientBatch {
  experience: GradientExperience[];
  /** R of each output. */
  rewards: number[];
  objective: ObjectiveMetrics;
  metrics: Record<'reward_std' | 'frac_reward_zero_std' | 'baseline', number>;
}

/**
 * With KL in the reward, R = score - β Σ_t k(a_t), and with KL in the loss R = score. Then for each output
 *
 *   rloo        A = R - mean of the other outputs of its prompt (Ahmadian et al. 2024)
 *   grpo        A = R - mean of all outputs of its prompt (Shao et al. 2024)
 *   reinforce   A = R - b, with b a constant or the running mean of earlier batches (of the first one its own);
 *               learned: per token, the rewards still to come less the critic's value
 *
 * and with a scale A / (deviation + 1e-4): `group` of the prompt's R; `batch` of all R for grpo, else of all A, which
 * are also moved to mean 0. All tokens of an output share its A, times `advantageWeight`.
 *
 * @param runningMean of R; this batch is added to it
 */
export function toGradientExperience(
  episodes: readonly ScoredEpisode[],
  choices: AdvantageChoices,
  runningMean: RunningMean,
): GradientBatch {
  const scored = episodes.map((episode) => ({
    ...episode,
    score: clipped(episode.score, choices.scoreClip),
  }));
  const shaped = scored.map((episode) => shape(episode, choices));
  const rewards = shaped.map((one) => one.rewards.reduce((sum, reward) => sum + reward, 0));
  const groups = inGroups(rewards, choices.outputsPerPrompt);

  const mean = average(rewards, (reward) => reward);
  const baseline = baselineOf(choices, runningMean, mean);
  runningMean.update(mean);
  const isLearned = choices.estimator === 'reinforce' && choices.baseline === 'learned';
  const estimates = isLearned ? scored.map((episode, i) => toCome(episode, shaped[i])) : null;
  const perToken =
    estimates === null
      ? spread(outputAdvantages(groups, choices, baseline), scored)
      : scaleTokens(
          estimates.map(({ advantages }) => advantages),
          choices,
          groups,
        );

  const { advantageWeight = 1 } = choices;
  const spreads = groups.map((group) => Math.max(...group) - Math.min(...group));
  return {
    rewards,
    experience: scored.map(({ promptIds, responseIds, oldLogProbs, refLogProbs, oldValues }, i) => ({
      promptIds,
      responseIds,
      oldLogProbs,
      refLogProbs,
      oldValues: isLearned ? oldValues : [],
      advantages: (perToken[i] ?? []).map((advantage) => advantageWeight * advantage),
      returns: estimates?.[i]?.returns ?? [],
      weight: 1,
    })),
    objective: objectiveOf(scored, choices.klCoefficient),
    metrics: {
      reward_std: average(groups, (group) => deviation(group)),
      frac_reward_zero_std: shareOf(spreads, (range) => range === 0),
      baseline: isLearned
        ? average(
            scored.flatMap((one) => one.oldValues),
            (value) => value,
          )
        : baseline,
    },
  };
}

function shape(
  episode: ScoredEpisode,
  { klPlace, klEstimator, klCoefficient }: AdvantageChoices,
): ShapedRewards {
  return shapeRewards({
    logProbs: episode.oldLogProbs,
    refLogProbs: episode.refLogProbs,
    score: episode.score,
    klCoefficient: klPlace === 'reward' ? klCoefficient : 0,
    estimator: klEstimator,
  });
}

/** The rewards still to come less the value of the state: λ = γ = 1. */
function toCome(episode: ScoredEpisode, shaped: ShapedRewards | undefined) {
  return estimateAdvantages({
    rewards: shaped?.rewards ?? [],
    values: episode.oldValues,
    gamma: 1,
    lambda: 1,
  });
}

function outputAdvantages(
  groups: readonly (readonly number[])[],
  choices: AdvantageChoices,
  baseline: number,
): number[] {
  const { estimator, scaleAdvantages } = choices;
  const own = groups.map((rewards) => {
    if (estimator === 'rloo') return leaveOneOutAdvantages(rewards);
    if (estimator === 'grpo') return centredAdvantages(rewards);
    return rewards.map((reward) => reward - baseline);
  });
  if (scaleAdvantages === 'none') return own.flat();
  if (scaleAdvantages === 'group')
    return own.flatMap((advantages, g) => divideBySpread(advantages, groups[g] ?? []));
  if (estimator === 'grpo') return divideBySpread(own.flat(), groups.flat());
  return divideBySpread(centredAdvantages(own.flat()), own.flat());
}

function scaleTokens(
  tokens: readonly (readonly number[])[],
  { scaleAdvantages, outputsPerPrompt }: AdvantageChoices,
  groups: readonly (readonly number[])[],
): number[][] {
  if (scaleAdvantages === 'none') return tokens.map((row) => [...row]);
  if (scaleAdvantages === 'group')
    return tokens.map((row, i) => divideBySpread(row, groups[Math.floor(i / outputsPerPrompt)] ?? []));
  const flat = tokens.flat();
  const mean = average(flat, (advantage) => advantage);
  return tokens.map((row) =>
    divideBySpread(
      row.map((advantage) => advantage - mean),
      flat,
    ),
  );
}

function baselineOf(
  { estimator, baseline, baselineConstant }: AdvantageChoices,
  runningMean: RunningMean,
  batchMean: number,
): number {
  if (estimator !== 'reinforce') return batchMean;
  return baseline === 'constant' ? baselineConstant : (runningMean.value ?? batchMean);
}

function spread(advantages: readonly number[], episodes: readonly ScoredEpisode[]): number[][] {
  return episodes.map(({ responseIds }, i) => responseIds.map(() => advantages[i] ?? NaN));
}

function inGroups(rewards: readonly number[], size: number): number[][] {
  return Array.from({ length: Math.ceil(rewards.length / size) }, (_, g) =>
    rewards.slice(g * size, (g + 1) * size),
  );
}

function deviation(rewards: readonly number[]): number {
  const mean = average(rewards, (reward) => reward);
  const squares = rewards.reduce((sum, reward) => sum + (reward - mean) ** 2, 0);
  return Math.sqrt(squares / Math.max(1, rewards.length - 1));
}

function clipped(score: number, limit: number): number {
  return limit === 0 ? score : Math.min(limit, Math.max(-limit, score));
}
