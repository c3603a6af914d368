// From scores and log-probabilities to what an update needs: R_t, A_t and the critic's targets.

import { estimateAdvantages } from '../../returns/gae.ts';
import { shapeRewards, type KlEstimator } from '../../returns/kl.ts';
import { whiten, type VarianceKind } from '../../returns/whiten.ts';
import { isEndValued, type Episode, type Experience } from './episode.ts';

/** An episode with everything that was computed of it before the update. */
export interface ScoredEpisode extends Episode {
  readonly oldLogProbs: readonly number[];
  readonly refLogProbs: readonly number[];
  /** One more than tokens where the score is given after the end; none without a critic. */
  readonly oldValues: readonly number[];
  /** Of the whole output, penalties included. */
  readonly score: number;
}

export interface AdvantageSettings {
  readonly klCoefficient: number;
  /** Of the KL in the reward; k1 by default. */
  readonly klEstimator?: KlEstimator;
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
 * Where the state after the end is valued, the score is given there: it has a reward and a return, which are whitened and
 * learned like those of tokens, but no advantage, because nothing is drawn from it. The list keeps the order of the
 * episodes.
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
      estimator: settings.klEstimator ?? 'k1',
      scorePlace: isEndValued(episode) ? 'after-end' : 'last-token',
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
  const flat = estimates.flatMap(({ advantages }, i) =>
    advantages.slice(0, episodes[i]?.responseIds.length ?? 0),
  );
  const used = settings.whitenAdvantages ? whiten(flat, { kind }) : flat;
  let offset = 0;
  const experience = episodes.map((episode, i) => {
    const { returns = [] } = estimates[i] ?? {};
    const { promptIds, responseIds, oldLogProbs, oldValues } = episode;
    const advantages = used.slice(offset, (offset += responseIds.length));
    return { promptIds, responseIds, oldLogProbs, oldValues, advantages, returns };
  });
  return { experience, objective: objectiveOf(episodes, settings.klCoefficient) };
}

/** KL is shown as k1, which is in nats and unbiased, and as its cost, however and wherever it counts. */
export function objectiveOf(episodes: readonly ScoredEpisode[], klCoefficient: number): ObjectiveMetrics {
  const shaped = episodes.map(({ oldLogProbs: logProbs, refLogProbs, score }) =>
    shapeRewards({ logProbs, refLogProbs, score, klCoefficient }),
  );
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
