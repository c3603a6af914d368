// One update of direct preference optimisation.

import type * as tf from '@tensorflow/tfjs-core';
import { paddedFloats } from '../../data/token-batch.ts';
import { lossGradients } from '../../engine/loss-gradients.ts';
import type { AdamW } from '../../engine/optimizer.ts';
import { paddedSize } from '../../engine/padded-size.ts';
import type { Program, Step } from '../../engine/program.ts';
import { dpoLoss } from '../../losses/dpo-loss.ts';
import type { DpoObjective } from '../../losses/dpo-objective.ts';
import type { CausalLm } from '../../models/causal-lm.ts';
import {
  outputLogProbs,
  programOf,
  sequencesOf,
  sumOutputs,
  weighedArrays,
  type OutputSequence,
  type WeighedTensors,
} from './output-log-probs.ts';
import type { PreferencePair } from './pairs.ts';

/** A pair with what the reference thinks of it, computed once before training. */
export interface AnchoredPair extends PreferencePair {
  /** log π_ref of the whole output, its tokens weighed as the policy's are. */
  readonly refChosen: number;
  readonly refRejected: number;
}

/** Metrics of one update, under the names that TRL logs. */
type DpoStepMetrics = Record<
  | 'loss'
  | 'grad_norm'
  | 'rewards/chosen'
  | 'rewards/rejected'
  | 'rewards/margins'
  | 'rewards/accuracies'
  | 'logps/chosen'
  | 'logps/rejected',
  number
>;

interface DpoInputs extends WeighedTensors {
  readonly refLogProbs: tf.Tensor1D; // [2P]
  readonly pairWeights: tf.Tensor1D; // [P]
  readonly rate: tf.Tensor1D;
}

interface DpoOutputs {
  readonly loss: tf.Tensor;
  readonly gradNorm: tf.Tensor;
  readonly logProbs: tf.Tensor; // [2P]
}

const NOTHING: OutputSequence = { promptIds: [], outputIds: [] };

/** The updates of one policy with one optimiser, as a step of a program of their own. */
export class DpoTraining {
  readonly #model: CausalLm;
  readonly #optimizer: AdamW;
  readonly #objective: DpoObjective;
  readonly #tailWeight: number;
  readonly #program: Program;
  readonly #step: Step<DpoInputs, DpoOutputs>;

  /** @param tailWeight α of `tailWeights`, which the reference's log-probabilities were computed with too */
  constructor(model: CausalLm, optimizer: AdamW, objective: DpoObjective, tailWeight = 1) {
    this.#model = model;
    this.#optimizer = optimizer;
    this.#objective = objective;
    this.#tailWeight = tailWeight;
    this.#program = programOf(model);
    this.#program.addState(optimizer.stateVariables('adam'));
    const params = [...model.params.values()];
    this.#step = this.#program.step('train', (_, { rate, ...batch }: DpoInputs) => {
      const { loss, kept, grads } = lossGradients(() => {
        const tokenLogProbs = outputLogProbs(model, batch);
        const logProbs = sumOutputs(tokenLogProbs, batch.tokenWeights);
        return { loss: dpoLoss({ ...batch, tokenLogProbs }, objective), kept: { logProbs } };
      }, params);
      const { gradNorm, update } = optimizer.updates(grads, rate);
      return { outputs: { loss, gradNorm, logProbs: kept.logProbs }, updates: [update] };
    });
  }

  /** One update on one batch of pairs; both outputs of every pair go through the model together. */
  step(batch: readonly AnchoredPair[], learningRate: number): DpoStepMetrics {
    const P = batch.length;
    const padded = paddedSize(P, this.#program);
    const padding = new Array<OutputSequence>(padded - P).fill(NOTHING);
    const sequences = sequencesOf(batch, this.#tailWeight);
    const rows = [...sequences.slice(0, P), ...padding, ...sequences.slice(P), ...padding];
    const [chosen, rejected] = [batch.map((pair) => pair.refChosen), batch.map((pair) => pair.refRejected)];
    const refLogProbs = paddedFloats([...chosen, ...padding.map(() => 0), ...rejected], 2 * padded);
    const totalWeight = batch.reduce((sum, { weight }) => sum + weight, 0);
    const { loss, gradNorm, logProbs } = this.#step.run({
      ...weighedArrays(rows, this.#model.config.nPositions, this.#program),
      refLogProbs,
      pairWeights: paddedFloats(
        batch.map(({ weight }) => weight / totalWeight),
        padded,
      ),
      rate: this.#optimizer.rate(learningRate),
    });
    this.#optimizer.advance();
    const real = [...logProbs.values.slice(0, P), ...logProbs.values.slice(padded, padded + P)];
    return {
      loss: loss.values[0] ?? NaN,
      grad_norm: gradNorm.values[0] ?? NaN,
      ...pairStatistics(real, [...chosen, ...rejected], this.#objective.beta),
    };
  }

  /** Ends the program; the model and the optimiser stay the caller's, with their last values. */
  dispose(): void {
    this.#program.dispose();
  }
}

/** Implicit rewards β (log π_θ - log π_ref); equal ones count as wrong, as in TRL. Each pair counts the same. */
function pairStatistics(logProbs: readonly number[], ref: readonly number[], beta: number) {
  const P = ref.length / 2;
  const rewards = logProbs.map((logProb, i) => beta * (logProb - (ref[i] ?? NaN)));
  const [chosen, rejected] = [mean(rewards.slice(0, P)), mean(rewards.slice(P))];
  const rights = rewards.slice(0, P).filter((reward, p) => reward > (rewards[p + P] ?? NaN)).length;
  return {
    'rewards/chosen': chosen,
    'rewards/rejected': rejected,
    'rewards/margins': chosen - rejected,
    'rewards/accuracies': rights / P,
    'logps/chosen': mean(logProbs.slice(0, P)),
    'logps/rejected': mean(logProbs.slice(P)),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
