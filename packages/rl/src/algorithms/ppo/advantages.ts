// From scores and log-probabilities to what an update needs: R_t, A_t and the critic's targets.

import { estimateAdvantages } from '../../returns/gae.ts';
import { shapeRewards, type ShapedRewards } from '../../returns/kl.ts';
import { whiten, type VarianceKind } from '../../returns/whiten.ts';
import type { Episode, Experience } from './episode.ts';

/** An episode with everything that was computed of it before the update. */
export interface ScoredEpisode extends Episode {
  readonly oldLogProbs: readonly number[];
  readonly refLogProbs: readonly number[];
  readonly oldValues: readonly number[];
  /** Of the whole output, penalties included. */
  readonly score: number;
}

export interface AdvantageSettings {
  readonly klCoefficient: number;
  readonly gamma: number;
  readonly lambda: number;
  readonly whitenAdvantages: boolean;
  /** Rewards of all tokens to deviation 1, keeping their mean (Ziegler et al. 2019); off by default. */
  readonly whitenRewards?: boolean;
  /** Of both; Bessel's by default. */
  readonly whitenVariance?: VarianceKind;
}

/** The objective, averaged over episodes, under the names that TRL logs. */
export interface ObjectiveMetrics {
  'objective/kl': number;
  'objective/scores': number;
  'objective/non_score_reward': number;
  'objective/rlhf_reward': number;
}

/**
 * Returns are taken before the advantages are whitened; whitening is over all tokens of the batch (mean 0, variance 1).
 * The list keeps the order of the episodes.
 */
export function toExperience(
  episodes: readonly ScoredEpisode[],
  settings: AdvantageSettings,
): { experience: Experience[]; objective: ObjectiveMetrics } {
  const shaped = episodes.map((episode) =>
    shapeRewards({
      logProbs: episode.oldLogProbs,
      refLogProbs: episode.refLogProbs,
      score: episode.score,
      klCoefficient: settings.klCoefficient,
    }),
  );
  const { whitenVariance: kind = 'bessel' } = settings;
  const rewards = shaped.map((one) => one.rewards);
  const usedRewards = settings.whitenRewards ? whitenRows(rewards, kind) : rewards;
  const estimates = episodes.map((episode, i) =>
    estimateAdvantages({
      rewards: usedRewards[i] ?? [],
      values: episode.oldValues,
      gamma: settings.gamma,
      lambda: settings.lambda,
    }),
  );
  const flat = estimates.flatMap(({ advantages }) => advantages);
  const used = settings.whitenAdvantages ? whiten(flat, { kind }) : flat;
  let offset = 0;
  const experience = episodes.map((episode, i) => {
    const { returns = [] } = estimates[i] ?? {};
    const advantages = used.slice(offset, offset + returns.length);
    offset += returns.length;
    const { promptIds, responseIds, oldLogProbs, oldValues } = episode;
    return { promptIds, responseIds, oldLogProbs, oldValues, advantages, returns };
  });
  return { experience, objective: objectiveOf(episodes, shaped) };
}

export function objectiveOf(
  episodes: readonly ScoredEpisode[],
  shaped: readonly ShapedRewards[],
): ObjectiveMetrics {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const scores = mean(episodes.map(({ score }) => score));
  const nonScoreReward = mean(shaped.map((one) => one.nonScoreReward));
  return {
    'objective/kl': mean(shaped.map(({ kl }) => kl)),
    'objective/scores': scores,
    'objective/non_score_reward': nonScoreReward,
    'objective/rlhf_reward': scores + nonScoreReward,
  };
}

/** Whitened over the whole batch, keeping the mean, as rows again. */
function whitenRows(rows: readonly (readonly number[])[], kind: VarianceKind): number[][] {
  const all = whiten(rows.flat(), { kind, keepMean: true });
  let offset = 0;
  return rows.map((row) => all.slice(offset, (offset += row.length)));
}
