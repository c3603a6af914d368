// One update of a reward model on draws: the objectives `plackett-luce` and `pick-best`.

import type * as tf from '@tensorflow/tfjs-core';
import { weighParts } from '../../data/share-weights.ts';
import { paddedInts } from '../../data/token-batch.ts';
import { floats } from '../../engine/host-array.ts';
import type { AdamW } from '../../engine/optimizer.ts';
import { paddedSize } from '../../engine/padded-size.ts';
import type { Step } from '../../engine/program.ts';
import { drawLossOf } from '../../losses/draw-loss.ts';
import type { RewardModel, ScoreTensors } from '../reward-model.ts';
import type { PreparedPrompt } from './prepare.ts';
import {
  judgementsOf,
  pairStatistics,
  trainingStep,
  weightArray,
  weightsOfHead,
  type RewardStepMetrics,
  type RewardUpdates,
} from './reward-step.ts';

interface DrawInputs extends ScoreTensors {
  readonly places: tf.Tensor1D; // [D · K] int32
  readonly isThere: tf.Tensor2D; // [D, K]
  readonly weights: tf.Tensor1D; // [H · D]
  readonly rate: tf.Tensor1D;
}

type DrawStep = Step<DrawInputs, { loss: tf.Scalar; scores: tf.Tensor; gradNorm: tf.Tensor }>;

/** A judgement counts the same whatever its K: its loss is the mean over its draws. */
export class DrawTraining implements RewardUpdates {
  readonly #model: RewardModel;
  readonly #optimizer: AdamW;
  readonly #step: DrawStep;

  constructor(model: RewardModel, optimizer: AdamW) {
    this.#model = model;
    this.#optimizer = optimizer;
    const heads = model.heads.length;
    this.#step = trainingStep(model, optimizer, (scores, inputs: DrawInputs, head) =>
      drawLossOf({ ...inputs, scores, weights: weightsOfHead(inputs.weights, head, heads) }),
    );
  }

  step(batch: readonly PreparedPrompt[], learningRate: number): RewardStepMetrics {
    const judgements = judgementsOf(batch);
    const draws = judgements.flatMap((judgement) => judgement.draws ?? []);
    if (draws.length === 0) throw new Error('The loss needs at least one draw.');
    const engine = this.#model.program;
    const heads = this.#model.heads.length;
    const D = paddedSize(draws.length, engine);
    const K = paddedSize(Math.max(...draws.map(({ others }) => 1 + others.length)), engine);
    const places = new Array<number>(D * K).fill(0);
    const isThere = new Float32Array(D * K);
    draws.forEach(({ winner, others }, d) => {
      [winner, ...others].forEach((place, k) => {
        places[d * K + k] = place;
        isThere[d * K + k] = 1;
      });
    });
    const weights = weighParts(
      judgements.map((judgement) => ({ ...judgement, shares: (judgement.draws ?? []).map(() => 1) })),
      heads,
    );
    const { loss, scores, gradNorm } = this.#step.run({
      ...this.#model.scoreArrays(batch.flatMap((prompt) => prompt.rows)),
      places: paddedInts(places, D * K),
      isThere: floats(isThere, [D, K]),
      weights: weightArray(weights, D),
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
