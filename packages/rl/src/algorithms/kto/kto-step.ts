// One update of a policy on outputs that people called good or bad.

import * as tf from '@tensorflow/tfjs-core';
import { paddedFloats } from '../../data/token-batch.ts';
import { lossGradients } from '../../engine/loss-gradients.ts';
import type { AdamW } from '../../engine/optimizer.ts';
import { paddedSize } from '../../engine/padded-size.ts';
import type { Program, Step } from '../../engine/program.ts';
import { klBaseline, ktoLoss, type KtoObjective } from '../../losses/kto-loss.ts';
import type { CausalLm } from '../../models/causal-lm.ts';
import {
  outputArrays,
  outputLogProbs,
  programOf,
  sumOutputs,
  type OutputSequence,
  type OutputTensors,
} from '../dpo/output-log-probs.ts';
import type { PreparedThumb } from './prepare.ts';
import type { SideWeights } from './side-weights.ts';

/** A thumb with what the reference thinks of its texts, computed once before training. */
export interface AnchoredThumb extends PreparedThumb {
  /** log π_ref of the whole output. */
  readonly refLogProb: number;
  /** The same of the mismatched output; 0 without one. */
  readonly refMismatched: number;
}

interface KtoInputs extends OutputTensors {
  readonly refLogProbs: tf.Tensor1D; // [B]
  readonly sides: tf.Tensor1D; // [B]
  readonly weights: tf.Tensor1D; // [B]
  readonly rate: tf.Tensor1D;
  // The mismatched outputs.
  readonly klIds: tf.Tensor2D;
  readonly klRealTokens: tf.Tensor2D;
  readonly klColumns: tf.Tensor2D; // [R, T] int32
  readonly klTargets: tf.Tensor1D;
  readonly klMask: tf.Tensor2D;
  readonly klRefLogProbs: tf.Tensor1D; // [B']
  readonly klWeights: tf.Tensor1D; // [B']
}

interface KtoOutputs {
  readonly loss: tf.Tensor;
  readonly gradNorm: tf.Tensor;
  readonly logProbs: tf.Tensor; // [B]
  readonly baseline: tf.Tensor;
}

const NOTHING: OutputSequence = { promptIds: [], outputIds: [] };

/** The updates of one policy with one optimiser, as a step of a program of their own. */
export class KtoTraining {
  readonly #model: CausalLm;
  readonly #optimizer: AdamW;
  readonly #objective: KtoObjective;
  readonly #sideWeights: SideWeights;
  readonly #program: Program;
  readonly #step: Step<KtoInputs, KtoOutputs>;

  constructor(model: CausalLm, optimizer: AdamW, objective: KtoObjective, sides: SideWeights) {
    this.#model = model;
    this.#optimizer = optimizer;
    this.#objective = objective;
    this.#sideWeights = sides;
    this.#program = programOf(model);
    this.#program.addState(optimizer.stateVariables('adam'));
    const params = [...model.params.values()];
    this.#step = this.#program.step('train', (_, inputs: KtoInputs) => {
      // Outside of the gradient: the baseline is a measurement.
      const baseline = objective.loss === 'kto' ? baselineOf(model, inputs) : tf.scalar(0);
      const { loss, kept, grads } = lossGradients(() => {
        const tokenLogProbs = outputLogProbs(model, inputs);
        const logProbs = sumOutputs(tokenLogProbs, inputs.mask);
        return { loss: ktoLoss({ ...inputs, tokenLogProbs, baseline }, objective), kept: { logProbs } };
      }, params);
      const { gradNorm, update } = optimizer.updates(grads, inputs.rate);
      return { outputs: { loss, gradNorm, logProbs: kept.logProbs, baseline }, updates: [update] };
    });
  }

  /** One update on one batch of outputs. */
  step(batch: readonly AnchoredThumb[], learningRate: number): Record<string, number> {
    const rows = batch.length;
    const B = paddedSize(rows, this.#program);
    const pad = (sequences: readonly OutputSequence[]) => [
      ...sequences,
      ...new Array<OutputSequence>(B - sequences.length).fill(NOTHING),
    ];
    const arraysOf = (sequences: readonly OutputSequence[]) =>
      outputArrays(pad(sequences), this.#model.config.nPositions, this.#program);
    const strangers = batch.filter(({ mismatched }) => mismatched !== null);
    // Without a mismatched output the baseline is 0 by its weights, whatever stands in the rows.
    const kl = arraysOf(batch.map(({ mismatched, output }) => mismatched ?? output));
    const { loss, gradNorm, logProbs, baseline } = this.#step.run({
      ...arraysOf(batch.map(({ output }) => output)),
      refLogProbs: paddedFloats(
        batch.map(({ refLogProb }) => refLogProb),
        B,
      ),
      sides: paddedFloats(
        batch.map(({ isDesirable }) => (isDesirable ? 1 : -1)),
        B,
      ),
      weights: paddedFloats(this.#weightsOf(batch), B),
      rate: this.#optimizer.rate(learningRate),
      klIds: kl.ids,
      klRealTokens: kl.realTokens,
      klColumns: kl.columns,
      klTargets: kl.targets,
      klMask: kl.mask,
      klRefLogProbs: paddedFloats(
        batch.map(({ refMismatched }) => refMismatched),
        B,
      ),
      klWeights: paddedFloats(
        batch.map(({ mismatched }) => (mismatched === null ? 0 : 1 / strangers.length)),
        B,
      ),
    });
    this.#optimizer.advance();
    return {
      loss: loss.values[0] ?? NaN,
      grad_norm: gradNorm.values[0] ?? NaN,
      kl: baseline.values[0] ?? NaN,
      ...thumbStatistics(Array.from(logProbs.values.slice(0, rows)), batch, this.#objective.beta),
    };
  }

  /** λ_i w_i / Σ w: the sides' weights are not in the divisor, as in TRL. */
  #weightsOf(batch: readonly AnchoredThumb[]): number[] {
    const total = batch.reduce((sum, { weight }) => sum + weight, 0);
    const { desirable, undesirable } = this.#sideWeights;
    return batch.map(({ weight, isDesirable }) => ((isDesirable ? desirable : undesirable) * weight) / total);
  }

  /** Ends the program; the model and the optimiser stay the caller's, with their last values. */
  dispose(): void {
    this.#program.dispose();
  }
}

function baselineOf(model: CausalLm, inputs: KtoInputs): tf.Scalar {
  return tf.tidy(() => {
    const tensors = {
      ids: inputs.klIds,
      realTokens: inputs.klRealTokens,
      columns: inputs.klColumns,
      targets: inputs.klTargets,
      mask: inputs.klMask,
    };
    const logProbs = sumOutputs(outputLogProbs(model, tensors), tensors.mask);
    return klBaseline(logProbs, inputs.klRefLogProbs, inputs.klWeights);
  });
}

/** Implicit rewards β (log π_θ - log π_ref) under TRL's names; a side that the batch lacks has none. */
function thumbStatistics(logProbs: readonly number[], batch: readonly AnchoredThumb[], beta: number) {
  const sideOf = (name: 'chosen' | 'rejected', isDesirable: boolean) => {
    const own = batch.flatMap((thumb, i) =>
      thumb.isDesirable === isDesirable
        ? [{ logProb: logProbs[i] ?? NaN, reward: beta * ((logProbs[i] ?? NaN) - thumb.refLogProb) }]
        : [],
    );
    if (own.length === 0) return null;
    const mean = (pick: (one: (typeof own)[number]) => number) =>
      own.reduce((sum, one) => sum + pick(one), 0) / own.length;
    const reward = mean((one) => one.reward);
    return {
      reward,
      metrics: { [`rewards/${name}`]: reward, [`logps/${name}`]: mean((one) => one.logProb) },
    };
  };
  const [chosen, rejected] = [sideOf('chosen', true), sideOf('rejected', false)];
  return {
    ...chosen?.metrics,
    ...rejected?.metrics,
    ...(chosen && rejected && { 'rewards/margins': chosen.reward - rejected.reward }),
  };
}
