// One update of a reward model.

import * as tf from '@tensorflow/tfjs-core';
import { weighPairs } from '../../data/pairs.ts';
import type { AdamW } from '../../engine/optimizer.ts';
import { pairLoss, type ScorePair } from '../../losses/pair-loss.ts';
import type { RewardModel } from '../reward-model.ts';
import type { PreparedPrompt } from './prepare.ts';

/** Metrics of one update, under the names that TRL logs. */
type RewardStepMetrics = Record<'loss' | 'accuracy' | 'margin_mean' | 'grad_norm', number>;

/** One update on one batch of prompts; all their outputs go through the model once, together. */
export function rewardStep(
  model: RewardModel,
  optimizer: AdamW,
  batch: readonly PreparedPrompt[],
  { learningRate, centering = 0 }: { learningRate: number; centering?: number },
): RewardStepMetrics {
  const rows: (readonly number[])[] = [];
  const judgements = batch.flatMap((prompt) => {
    const offset = rows.length;
    rows.push(...prompt.rows);
    return prompt.judgements.map((judgement) => ({
      ...judgement,
      pairs: judgement.pairs.map((pair) => ({
        ...pair,
        better: pair.better + offset,
        worse: pair.worse + offset,
      })),
    }));
  });
  const pairs = weighPairs(judgements);
  let scores: number[] = [];
  const { value, grads } = tf.variableGrads(() => {
    const raw = model.rawScores(rows);
    scores = Array.from(raw.dataSync());
    return pairLoss(raw, pairs, centering);
  }, model.params);
  const loss = value.dataSync()[0] ?? NaN;
  const { gradNorm } = optimizer.step(grads, learningRate);
  value.dispose();
  for (const grad of Object.values(grads)) grad.dispose();
  return { loss, ...pairStatistics(scores, pairs), grad_norm: gradNorm };
}

function pairStatistics(scores: readonly number[], pairs: readonly ScorePair[]) {
  const gaps = pairs.map(({ better, worse }) => (scores[better] ?? NaN) - (scores[worse] ?? NaN));
  return {
    accuracy: gaps.filter((gap) => gap > 0).length / gaps.length,
    margin_mean: gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length,
  };
}
