// One update of a reward model.

import type * as tf from '@tensorflow/tfjs-core';
import { weighPairs } from '../../data/pairs.ts';
import { paddedFloats, paddedInts } from '../../data/token-batch.ts';
import { lossGradients } from '../../engine/loss-gradients.ts';
import type { AdamW } from '../../engine/optimizer.ts';
import { paddedSize } from '../../engine/padded-size.ts';
import type { Step } from '../../engine/program.ts';
import { pairLossOf, type PairLossInput, type ScorePair } from '../../losses/pair-loss.ts';
import { flatScores, type RewardModel, type ScoreTensors } from '../reward-model.ts';
import type { PreparedPrompt } from './prepare.ts';

/** Metrics of one update, under the names that TRL logs. */
type RewardStepMetrics = Record<'loss' | 'accuracy' | 'margin_mean' | 'grad_norm', number>;

interface RewardInputs extends ScoreTensors, Omit<PairLossInput, 'scores'> {
  readonly rate: tf.Tensor1D;
}

/** The updates of one model with one optimiser, as a step of the model's program. */
export class RewardTraining {
  readonly #model: RewardModel;
  readonly #optimizer: AdamW;
  readonly #step: Step<RewardInputs, { loss: tf.Scalar; scores: tf.Tensor; gradNorm: tf.Tensor }>;

  constructor(model: RewardModel, optimizer: AdamW, centering = 0) {
    this.#model = model;
    this.#optimizer = optimizer;
    model.program.addState(optimizer.stateVariables('adam'));
    this.#step = model.program.step('train', (_, { rate, ...batch }: RewardInputs) => {
      const { loss, kept, grads } = lossGradients(() => {
        const scores = flatScores(model.rawScores(batch));
        return { loss: pairLossOf({ ...batch, scores }, centering), kept: { scores } };
      }, model.params);
      const { gradNorm, update } = optimizer.updates(grads, rate);
      return { outputs: { loss, gradNorm, scores: kept.scores }, updates: [update] };
    });
  }

  /** One update on one batch of prompts; all their outputs go through the model once, together. */
  step(batch: readonly PreparedPrompt[], learningRate: number): RewardStepMetrics {
    const rows = batch.flatMap((prompt) => prompt.rows);
    const pairs = weighPairs(judgementsOf(batch));
    if (pairs.length === 0) throw new Error('The loss needs at least one pair.');
    const P = paddedSize(pairs.length, this.#model.program);
    const { loss, scores, gradNorm } = this.#step.run({
      ...this.#model.scoreArrays(rows),
      better: paddedInts(
        pairs.map((pair) => pair.better),
        P,
      ),
      worse: paddedInts(
        pairs.map((pair) => pair.worse),
        P,
      ),
      weights: paddedFloats(
        pairs.map((pair) => pair.weight),
        P,
      ),
      margins: paddedFloats(
        pairs.map((pair) => pair.margin),
        P,
      ),
      rate: this.#optimizer.rate(learningRate),
    });
    this.#optimizer.advance();
    return {
      loss: loss.values[0] ?? NaN,
      ...pairStatistics(scores.values, pairs),
      grad_norm: gradNorm.values[0] ?? NaN,
    };
  }
}

/** All judgements of a batch, with the places of their outputs among all rows. */
function judgementsOf(batch: readonly PreparedPrompt[]): PreparedPrompt['judgements'] {
  let offset = 0;
  return batch.flatMap((prompt) => {
    const first = offset;
    offset += prompt.rows.length;
    return prompt.judgements.map((judgement) => ({
      ...judgement,
      pairs: judgement.pairs.map((pair) => ({
        ...pair,
        better: pair.better + first,
        worse: pair.worse + first,
      })),
    }));
  });
}

function pairStatistics(scores: ArrayLike<number>, pairs: readonly ScorePair[]) {
  const gaps = pairs.map(({ better, worse }) => (scores[better] ?? NaN) - (scores[worse] ?? NaN));
  return {
    accuracy: gaps.filter((gap) => gap > 0).length / gaps.length,
    margin_mean: gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length,
  };
}
