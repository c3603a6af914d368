// The losses of reward training with the values and gradients that are known of them.

import * as tf from '@tensorflow/tfjs-core';
import { drawsOfRanks } from '../data/draws.ts';
import { pairsOfRanks, weighPairs } from '../data/pairs.ts';
import { drawLossOf } from '../losses/draw-loss.ts';
import { pairLoss, type ScorePair } from '../losses/pair-loss.ts';
import { pickBestLoss, plackettLuceLoss } from '../losses/ranking-loss.ts';
import { ratingLossOf } from '../losses/rating-loss.ts';
import { referencePairLoss } from '../reference/pair-loss.ts';
import {
  referencePickBestLoss,
  referencePlackettLuceLoss,
  referenceRatingLoss,
} from '../reference/ranking-loss.ts';
import { formulas, trl } from './golden.ts';
import { matrix, type LossCase } from './loss-case.ts';

function ofPairs(name: string, scores: readonly number[], pairs: ScorePair[], centering = 0): LossCase {
  const { loss, grad } = referencePairLoss(scores, pairs, centering);
  return { name, at: scores, lossOf: (r) => pairLoss(r, pairs, centering), loss, grad };
}

function ofRanking(name: string, ranks: number[], expected: number, ties: 'drop' | 'half' = 'drop') {
  const { r_best_to_worst: scores } = formulas.kway_rm;
  const pairs = weighPairs([{ pairs: pairsOfRanks(ranks, ties), weight: 1, margin: 0 }]);
  return { ...ofPairs(name, scores, pairs), loss: expected };
}

/** A ranking without ties as draws of equal weight, as the objective `plackett-luce` trains on it. */
function ofDraws(name: string, scores: readonly number[], expected: { loss: number; grad: number[] }) {
  const draws = drawsOfRanks(
    scores.map((_, place) => place),
    'plackett-luce',
  );
  const K = scores.length;
  const places = draws.flatMap(({ winner, others }) => {
    const present = [winner, ...others];
    return Array.from({ length: K }, (_, k) => present[k] ?? 0);
  });
  const isThere = draws.map(({ others }) =>
    Array.from({ length: K }, (_, k) => (k <= others.length ? 1 : 0)),
  );
  const lossOf = (r: tf.Tensor1D) =>
    drawLossOf({
      scores: r,
      places: tf.tensor1d(places, 'int32'),
      isThere: matrix(isThere),
      weights: tf.ones([draws.length]),
    });
  return { name, at: scores, lossOf, ...expected };
}

export function rewardCases(): LossCase[] {
  const golden = formulas.kway_rm;
  const scores = golden.r_best_to_worst;
  const pair = (margin: number) => [{ better: 0, worse: 1, weight: 1, margin }];
  const two = [...scores, 0.5, 0.1];
  const prompts = weighPairs([
    { pairs: pairsOfRanks([1, 2, 3, 4]), weight: 1, margin: 0 },
    { pairs: [{ better: 4, worse: 5, share: 1 }], weight: 1, margin: 0 },
  ]);
  const ratings = [
    { place: 0, target: 1, weight: 0.5 },
    { place: 2, target: -2, weight: 0.5 },
  ];
  return [
    { ...ofRanking('pairs of a ranking', [1, 2, 3, 4], golden.bt_mean_C42), grad: golden.grad },
    ofRanking('a dropped tie', [1, 2, 2, 3], golden.tie_2_3_dropped_mean5),
    ofRanking('a soft tie', [1, 2, 2, 3], golden.mean6_with_soft_tie, 'half'),
    {
      ...ofPairs('a mean over prompts', two, prompts),
      loss: golden['two_prompts_K4_and_K2_r_0.5_0.1'].per_prompt_mean,
    },
    { ...ofPairs('a margin', [1.5, 0.2], pair(1)), loss: golden['margin1_pair_1.5_0.2'] },
    { ...ofPairs('centring', [1.5, 0.2], pair(0), 0.01), loss: golden.no_margin + golden['centering_0.01'] },
    ...trl.reward_model.cases.map((one) => ofTrlRewards(one)),
    {
      name: 'Plackett and Luce',
      at: scores,
      lossOf: (r) => plackettLuceLoss(r),
      loss: golden.plackett_luce_nll,
      grad: referencePlackettLuceLoss(scores).grad,
    },
    ...trl.plackett_luce.scores_best_to_worst.flatMap((list, i) =>
      trl.plackett_luce.cases.map(({ top_k: topK, per_list_nll: losses, grad }): LossCase => ({
        name: `Plackett and Luce of PyTorch, list ${i}, first ${topK}`,
        at: list,
        lossOf: (r) => plackettLuceLoss(r, topK),
        loss: losses[i] ?? NaN,
        // Theirs is of the mean over the lists.
        grad: (grad[i] ?? []).map((g) => g * trl.plackett_luce.scores_best_to_worst.length),
      })),
    ),
    ofDraws('a ranking as draws', scores, referencePlackettLuceLoss(scores)),
    {
      name: 'a pick',
      at: scores,
      lossOf: (r) => pickBestLoss(r, [1, 0, 0, 0]),
      loss: golden.pick_best_ce,
      grad: referencePickBestLoss(scores, [1, 0, 0, 0]).grad,
    },
    {
      name: 'ratings',
      at: scores,
      lossOf: (r) =>
        ratingLossOf({
          scores: r,
          places: tf.tensor1d([0, 2], 'int32'),
          targets: tf.tensor1d([1, -2]),
          weights: tf.tensor1d([0.5, 0.5]),
        }),
      ...referenceRatingLoss(scores, ratings),
    },
    ofPairs(
      'pairs of rewards 50 apart and more',
      [50, -50, 50],
      [
        { better: 0, worse: 1, weight: 0.5, margin: 0 },
        { better: 1, worse: 2, weight: 0.5, margin: 1 },
      ],
    ),
    ofDraws('draws of rewards 50', [-50, 50, 0], referencePlackettLuceLoss([-50, 50, 0])),
  ];
}

function ofTrlRewards(one: (typeof trl.reward_model.cases)[number]): LossCase {
  const { rewards_chosen: chosen, rewards_rejected: rejected, margin } = trl.reward_model;
  const centering = one.center_rewards_coefficient ?? 0;
  const pairs = chosen.map((_, i) => ({
    better: i,
    worse: i + chosen.length,
    weight: 1 / chosen.length,
    margin: one.use_margin ? (margin[i] ?? NaN) : 0,
  }));
  const name = `TRL's reward loss, margin ${String(one.use_margin)}, centring ${centering}`;
  const { loss, 'grad_wrt_rewards_[chosen..,rejected..]': grad } = one;
  return { ...ofPairs(name, [...chosen, ...rejected], pairs, centering), loss, grad };
}
