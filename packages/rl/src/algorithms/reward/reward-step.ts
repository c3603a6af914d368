// One update of a reward model on ordered pairs, the objective that most papers use; and what the others share with it.

import * as tf from '@tensorflow/tfjs-core';
import { weighParts } from '../../data/share-weights.ts';
import { paddedFloats, paddedInts } from '../../data/token-batch.ts';
import { floats, type HostArray } from '../../engine/host-array.ts';
import { lossGradients } from '../../engine/loss-gradients.ts';
import type { AdamW } from '../../engine/optimizer.ts';
import { paddedOutputs } from '../../engine/padded-size.ts';
import type { Step } from '../../engine/program.ts';
import { pairLossOf } from '../../losses/pair-loss.ts';
import { flatScores, type RewardModel, type ScoreTensors } from '../reward-model.ts';
import type { PreparedJudgement, PreparedPrompt } from './prepare.ts';

/** Metrics of one update, under the names that TRL logs. */
export type RewardStepMetrics = Record<'loss' | 'accuracy' | 'margin_mean' | 'grad_norm', number>;

/** The updates of one model with one optimiser, towards one objective. */
export interface RewardUpdates {
  /**
   * One update on one batch of prompts; all their outputs go through the model once, together. Without a pair in the
   * batch `accuracy` and `margin_mean` are NaN.
   */
  step(batch: readonly PreparedPrompt[], learningRate: number): RewardStepMetrics;
}

interface RewardOutputs {
  readonly loss: tf.Scalar;
  readonly scores: tf.Tensor;
  readonly gradNorm: tf.Tensor;
}

type RateInput = ScoreTensors & { readonly rate: tf.Tensor1D };

/** A step of the model's program that takes `lossOf` down; of several heads, the mean of their losses. */
export function trainingStep<Inputs extends RateInput & Readonly<Record<keyof Inputs, tf.Tensor>>>(
  model: RewardModel,
  optimizer: AdamW,
  lossOf: (scores: tf.Tensor1D, inputs: Inputs, head: number) => tf.Scalar,
): Step<Inputs, RewardOutputs> {
  model.program.addState(optimizer.stateVariables('adam'));
  return model.program.step<Inputs, RewardOutputs>('train', (_, inputs) => {
    const { loss, kept, grads } = lossGradients(() => {
      const byHead = model.rawScores(inputs);
      const losses = byHead.map((scores, head) => lossOf(scores, inputs, head));
      return { loss: meanOf(losses), kept: { scores: flatScores(byHead) } };
    }, model.params);
    const { gradNorm, update } = optimizer.updates(grads, inputs.rate);
    return { outputs: { loss, gradNorm, scores: kept.scores }, updates: [update] };
  });
}

function meanOf(losses: readonly tf.Scalar[]): tf.Scalar {
  const [only, ...more] = losses;
  if (only === undefined) throw new Error('A reward model has a head.');
  return more.length === 0 ? only : tf.div<tf.Scalar>(tf.addN([only, ...more]), losses.length);
}

/** The weights of one head [P], out of [H · P] that an input holds for all heads. */
export function weightsOfHead(weights: tf.Tensor1D, head: number, heads: number): tf.Tensor1D {
  const P = weights.size / heads;
  return heads === 1 ? weights : tf.slice(weights, [head * P], [P]);
}

/** Weights [head][part] as one input, each head's padded to `size`. */
export function weightArray(weights: readonly (readonly number[])[], size: number): HostArray {
  const padded = new Float32Array(weights.length * size);
  weights.forEach((ofHead, h) => {
    padded.set(ofHead, h * size);
  });
  return floats(padded);
}

/** All judgements of a batch, with the places of their outputs among all rows. */
export function judgementsOf(
  batch: readonly PreparedPrompt[],
): (PreparedJudgement & Pick<PreparedPrompt, 'counts'>)[] {
  let offset = 0;
  return batch.flatMap(({ rows, judgements, counts }) => {
    const first = offset;
    offset += rows.length;
    return judgements.map(({ pairs, draws, ratings, ...judgement }) => ({
      ...judgement,
      ...(counts && { counts }),
      pairs: pairs.map((pair) => ({ ...pair, better: pair.better + first, worse: pair.worse + first })),
      ...(draws && {
        draws: draws.map(({ winner, others }) => ({
          winner: winner + first,
          others: others.map((other) => other + first),
        })),
      }),
      ...(ratings && { ratings: ratings.map(({ row, value }) => ({ row: row + first, value })) }),
    }));
  });
}

interface PairInputs extends ScoreTensors {
  readonly better: tf.Tensor1D; // [P] int32
  readonly worse: tf.Tensor1D; // [P] int32
  readonly weights: tf.Tensor1D; // [H · P]
  readonly margins: tf.Tensor1D; // [P]
  readonly rate: tf.Tensor1D;
}

/** The objective `pairs`: every ordered pair of a judgement (Ouyang et al. 2022, eq. 1). */
export class RewardTraining implements RewardUpdates {
  readonly #model: RewardModel;
  readonly #optimizer: AdamW;
  readonly #step: Step<PairInputs, RewardOutputs>;

  constructor(model: RewardModel, optimizer: AdamW, centering = 0) {
    this.#model = model;
    this.#optimizer = optimizer;
    const heads = model.heads.length;
    this.#step = trainingStep(model, optimizer, (scores, inputs: PairInputs, head) => {
      const weights = weightsOfHead(inputs.weights, head, heads);
      return pairLossOf({ ...inputs, scores, weights }, centering);
    });
  }

  step(batch: readonly PreparedPrompt[], learningRate: number): RewardStepMetrics {
    const judgements = judgementsOf(batch).filter(({ pairs, weight }) => pairs.length > 0 && weight > 0);
    const pairs = judgements.flatMap((judgement) =>
      judgement.pairs.map((pair) => ({ ...pair, margin: judgement.margin })),
    );
    if (pairs.length === 0) throw new Error('The loss needs at least one pair.');
    const heads = this.#model.heads.length;
    const weights = weighParts(
      judgements.map((judgement) => ({
        ...judgement,
        shares: judgement.pairs.map(({ share }) => share),
      })),
      heads,
    );
    const P = paddedOutputs(pairs.length, this.#model.program);
    const { loss, scores, gradNorm } = this.#step.run({
      ...this.#model.scoreArrays(batch.flatMap((prompt) => prompt.rows)),
      better: paddedInts(
        pairs.map((pair) => pair.better),
        P,
      ),
      worse: paddedInts(
        pairs.map((pair) => pair.worse),
        P,
      ),
      weights: weightArray(weights, P),
      margins: paddedFloats(
        pairs.map((pair) => pair.margin),
        P,
      ),
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

/** By the heads' mean score: how many pairs are in people's order, and how far apart they are. */
export function pairStatistics(
  scores: ArrayLike<number>,
  judgements: readonly PreparedJudgement[],
  heads: number,
) {
  const B = scores.length / heads;
  const scoreOf = (row: number) => {
    let sum = 0;
    for (let h = 0; h < heads; h++) sum += scores[h * B + row] ?? NaN;
    return sum / heads;
  };
  const pairs = judgements.flatMap((judgement) => judgement.pairs);
  const gaps = pairs.map(({ better, worse }) => scoreOf(better) - scoreOf(worse));
  return {
    accuracy: gaps.filter((gap) => gap > 0).length / gaps.length,
    margin_mean: gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length,
  };
}
