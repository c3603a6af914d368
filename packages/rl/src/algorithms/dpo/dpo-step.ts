// One update of direct preference optimisation.

import * as tf from '@tensorflow/tfjs-core';
import type { AdamW } from '../../engine/optimizer.ts';
import { dpoLoss, type DpoObjective } from '../../losses/dpo-loss.ts';
import type { CausalLm } from '../../models/causal-lm.ts';
import { outputLogProbs, sequencesOf, sumsOf } from './output-log-probs.ts';
import type { PreferencePair } from './pairs.ts';

/** A pair with what the reference thinks of it, computed once before training. */
export interface AnchoredPair extends PreferencePair {
  /** log π_ref of the whole output. */
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

/** One update on one batch of pairs; both outputs of every pair go through the model together. */
export function dpoStep(
  model: CausalLm,
  optimizer: AdamW,
  batch: readonly AnchoredPair[],
  { learningRate, objective }: { learningRate: number; objective: DpoObjective },
): DpoStepMetrics {
  const ref = [...batch.map((pair) => pair.refChosen), ...batch.map((pair) => pair.refRejected)];
  const totalWeight = batch.reduce((sum, { weight }) => sum + weight, 0);
  let logProbs: number[] = [];
  const { value, grads } = tf.variableGrads(() => {
    const { tokenLogProbs, mask } = outputLogProbs(model, sequencesOf(batch));
    logProbs = sumsOf(tokenLogProbs, mask);
    const pairWeights = tf.tensor1d(batch.map(({ weight }) => weight / totalWeight));
    return dpoLoss({ tokenLogProbs, mask, refLogProbs: tf.tensor1d(ref), pairWeights }, objective);
  }, [...model.params.values()]);
  const loss = value.dataSync()[0] ?? NaN;
  const { gradNorm } = optimizer.step(grads, learningRate);
  tf.dispose([value, grads]);
  return { loss, grad_norm: gradNorm, ...pairStatistics(logProbs, ref, objective.beta) };
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
