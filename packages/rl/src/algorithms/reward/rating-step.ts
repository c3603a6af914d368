// One update of a reward model on ratings: the objective `regression`.

import type * as tf from '@tensorflow/tfjs-core';
import { weighParts } from '../../data/share-weights.ts';
import { paddedFloats, paddedInts } from '../../data/token-batch.ts';
import type { AdamW } from '../../engine/optimizer.ts';
import { paddedSize } from '../../engine/padded-size.ts';
import type { Step } from '../../engine/program.ts';
import { ratingLossOf } from '../../losses/rating-loss.ts';
import { momentsOf } from '../../returns/whiten.ts';
import type { RewardModel, ScoreTensors } from '../reward-model.ts';
import type { PreparedPrompt } from './prepare.ts';
import type { Normalisation } from './reward-key.ts';
import {
  judgementsOf,
  pairStatistics,
  trainingStep,
  weightArray,
  weightsOfHead,
  type RewardStepMetrics,
  type RewardUpdates,
} from './reward-step.ts';

interface RatingInputs extends ScoreTensors {
  readonly places: tf.Tensor1D; // [M] int32
  readonly targets: tf.Tensor1D; // [M]
  readonly weights: tf.Tensor1D; // [H · M]
  readonly rate: tf.Tensor1D;
}

type RatingStep = Step<RatingInputs, { loss: tf.Scalar; scores: tf.Tensor; gradNorm: tf.Tensor }>;

/** Equal ratings differ by nothing; dividing by less than this would make rounding the target. */
const MIN_STD = 1e-6;

/** Mean and deviation of all ratings that are learned: the scores' targets have mean 0 and deviation 1. */
export function ratingScale(prompts: readonly PreparedPrompt[]): Normalisation {
  const values = prompts.flatMap(({ judgements }) =>
    judgements.flatMap(({ ratings = [] }) => ratings.map(({ value }) => value)),
  );
  const { mean, variance } = momentsOf(values, 'population');
  return { mean, std: Math.max(MIN_STD, Math.sqrt(variance)) };
}

/** A judgement counts the same whatever its K: its loss is the mean over its ratings. */
export class RatingTraining implements RewardUpdates {
  readonly #model: RewardModel;
  readonly #optimizer: AdamW;
  readonly #scale: Normalisation;
  readonly #step: RatingStep;

  constructor(model: RewardModel, optimizer: AdamW, scale: Normalisation) {
    this.#model = model;
    this.#optimizer = optimizer;
    this.#scale = scale;
    const heads = model.heads.length;
    this.#step = trainingStep(model, optimizer, (scores, inputs: RatingInputs, head) =>
      ratingLossOf({ ...inputs, scores, weights: weightsOfHead(inputs.weights, head, heads) }),
    );
  }

  step(batch: readonly PreparedPrompt[], learningRate: number): RewardStepMetrics {
    const judgements = judgementsOf(batch);
    const ratings = judgements.flatMap((judgement) => judgement.ratings ?? []);
    if (ratings.length === 0) throw new Error('The loss needs at least one rating.');
    const heads = this.#model.heads.length;
    const M = paddedSize(ratings.length, this.#model.program);
    const weights = weighParts(
      judgements.map((judgement) => ({ ...judgement, shares: (judgement.ratings ?? []).map(() => 1) })),
      heads,
    );
    const { mean, std } = this.#scale;
    const { loss, scores, gradNorm } = this.#step.run({
      ...this.#model.scoreArrays(batch.flatMap((prompt) => prompt.rows)),
      places: paddedInts(
        ratings.map(({ row }) => row),
        M,
      ),
      targets: paddedFloats(
        ratings.map(({ value }) => (value - mean) / std),
        M,
      ),
      weights: weightArray(weights, M),
      rate: this.#optimizer.rate(learningRate),
    });
    this.#optimizer.advance();
    return {
      loss: loss.values[0] ?? NaN,
      ...pairStatistics(scores.values, judgements, heads),
      grad_norm: gradNorm.values[0] ?? NaN,
    };
  }
}
