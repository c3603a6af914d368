// Direct preference optimisation: the policy itself is the reward model (Rafailov et al. 2023).

import * as tf from '@tensorflow/tfjs-core';
import { preferredTokenLoss, transportLoss } from './dpo-batch-terms.ts';
import {
  assertObjective,
  lengthsOf,
  membersOf,
  type DpoLossName,
  type DpoObjective,
  type Lengths,
} from './dpo-objective.ts';
import { PAIR_TERMS } from './dpo-pair-terms.ts';
import { scoresOf } from './dpo-scores.ts';

export interface DpoLossInput {
  /** log π_θ of each token [2P, T], differentiable: P preferred outputs, then in the same order the P others. */
  readonly tokenLogProbs: tf.Tensor2D;
  /** 1 for tokens of the output, 0 for prompt and padding [2P, T]. A pair of weight 0 may have none. */
  readonly mask: tf.Tensor2D;
  /** What each token counts [2P, T], 0 where the mask is: the mask itself where absent. See `tailWeights`. */
  readonly tokenWeights?: tf.Tensor2D;
  /** log π_ref of each whole output [2P]: always sums, with the same weights of tokens. */
  readonly refLogProbs: tf.Tensor1D;
  /** w_p >= 0 [P], adding up to 1. */
  readonly pairWeights: tf.Tensor1D;
}

/**
 *   ℓ(y) = Σ_t log π_θ(y_t) - log π_ref(y)
 *   s(y) = ℓ(y), or what `scoresOf` makes of it          divided by |y| where lengths are `mean`
 *   h_p  = s_w - s_l                                     w the preferred output of pair p, l the other
 *   L    = Σ_p w_p f_p
 *
 * Losses of the lead:
 *   sigmoid     (1 - ε) softplus(-βh) + ε softplus(βh)               Rafailov et al. 2023, eq. 7; ε > 0 is cDPO
 *   robust      [(1 - ε) softplus(-βh) - ε softplus(βh)] / (1 - 2ε)  Chowdhury et al. 2024: unbiased under flips
 *   hinge       max(0, 1 - βh)                                       Zhao et al. 2023, as normalised by RSO
 *   ipo         (h - 1 / (2β))²                                      Azar et al. 2023, eq. 17
 *   exo-pair    q log(q / (1 - ε)) + (1 - q) log((1 - q) / ε), q = σ(βh)
 *                                                                    Ji et al. 2024 (EXO), eq. 16: the reverse KL to
 *                                                                    preferences of 1 - ε, which seeks their mode
 *   discopop    σ(-βh/τ) softplus(-βh) + σ(βh/τ) exp(-βh), τ = 0.05  Lu et al. 2024, eq. 5: found by search; not
 *                                                                    monotone, so that βh from -2.37 τ to 1.44 τ, where
 *                                                                    training begins, is pushed to the wrong side
 *
 * Losses of each output against the reference:
 *   nca-pair    softplus(-βs_w) + ½ softplus(βs_w) + ½ softplus(βs_l)   Chen et al. 2024 (NCA), for two outputs: holds
 *                                                                       the preferred one up while it lowers the other
 *   bco-pair    softplus(-βs_w) + softplus(βs_l)                     Jung et al. 2024 (BCO): a classifier of outputs
 *   sppo-hard   (s_w - 1/(2β))² + (s_l + 1/(2β))²                    Wu et al. 2024 (SPPO), eq. 4.7 where the preferred
 *                                                                    output wins for certain
 *   apo-zero    σ(-βs_w) + σ(βs_l)                                   D'Oosterlinck et al. 2024 (APO), eq. 7: up with the
 *                                                                    preferred, for outputs better than the policy's
 *   apo-down    σ(βs_w) + σ(-βh)                                     the same, eq. 8: down with both, the other more,
 *                                                                    for outputs worse than the policy's
 *
 * Losses of the batch:
 *   aot           `transportLoss` of log π_θ(w) - log π_θ(l) over the same of π_ref       Melnyk et al. 2024 (AOT)
 *   aot-unpaired  `transportLoss` of s_w over s_l
 *   sft           `preferredTokenLoss`
 *
 * Values are those of TRL 1.16, but `sigmoid` heeds ε as TRL 0.11.4 does: 1.16 takes the option and ignores it, which
 * leaves no name for cDPO; for its values give ε = 0. As in 1.16 and unlike the paper, `bco-pair` has no running mean of
 * the rewards taken from them: a state beside the weights, which says nothing of which output is better.
 *
 * @throws if the objective does not fit together or the shapes do not fit
 */
export function dpoLoss(input: DpoLossInput, objective: DpoObjective): tf.Scalar {
  assertShapes(input);
  assertObjective(objective);
  return tf.tidy(() => {
    const { tokenLogProbs, mask, tokenWeights = mask } = input;
    const logProbs = tf.sum(tf.mul(tokenLogProbs, tokenWeights), 1); // [2P]
    const losses = membersOf(objective).map(({ loss, weight }) => {
      const value = memberLoss(loss, { ...input, logProbs }, objective);
      return weight === 1 ? value : tf.mul(weight, value);
    });
    return tf.reshape(
      losses.reduce((sum, loss) => tf.add(sum, loss)),
      [],
    );
  });
}

interface Batch extends DpoLossInput {
  /** log π_θ of each whole output [2P]. */
  readonly logProbs: tf.Tensor;
}

function memberLoss(loss: DpoLossName, batch: Batch, objective: DpoObjective): tf.Tensor {
  const { tokenLogProbs, mask, logProbs, refLogProbs, pairWeights } = batch;
  const { beta, labelSmoothing = 0, divergence = 'reverse-kl' } = objective;
  const settings = { beta, labelSmoothing };
  if (loss === 'sft') return preferredTokenLoss(tokenLogProbs, mask, pairWeights);

  const lengths = lengthsOf(loss, objective);
  if (loss === 'aot') {
    const leadsOf = (sums: tf.Tensor) => {
      const { chosen, rejected } = halves(perLength(sums, mask, lengths));
      return tf.sub(chosen, rejected);
    };
    return transportLoss(leadsOf(logProbs), leadsOf(refLogProbs), pairWeights, settings);
  }
  const scores = halves(perLength(scoresOf(tf.sub(logProbs, refLogProbs), divergence), mask, lengths));
  if (loss === 'aot-unpaired') return transportLoss(scores.chosen, scores.rejected, pairWeights, settings);
  return tf.sum(tf.mul(pairWeights, PAIR_TERMS[loss](scores, settings)));
}

/** @param sums of outputs [2P] */
function perLength(sums: tf.Tensor, mask: tf.Tensor2D, lengths: Lengths): tf.Tensor {
  // A row of padding has no tokens; 0 / 0 would outlive its weight of 0.
  return lengths === 'sum' ? sums : tf.div(sums, tf.maximum(tf.sum(mask, 1), 1));
}

/** [2P] -> [P] of the preferred outputs and [P] of the others. */
function halves(values: tf.Tensor): { chosen: tf.Tensor; rejected: tf.Tensor } {
  const P = values.size / 2;
  return { chosen: tf.slice(values, [0], [P]), rejected: tf.slice(values, [P], [P]) };
}

function assertShapes({ tokenLogProbs, mask, tokenWeights, refLogProbs, pairWeights }: DpoLossInput): void {
  const shape = tokenLogProbs.shape.join();
  const P = pairWeights.size;
  const [rows] = tokenLogProbs.shape;
  const fits = [mask, tokenWeights ?? mask].every((one) => one.shape.join() === shape);
  if (P === 0 || rows !== 2 * P || refLogProbs.size !== rows || !fits) {
    throw new Error(
      `DPO over ${P} pairs needs log-probabilities and a mask of [${2 * P}, T] and ${2 * P} of the reference, not ` +
        `[${tokenLogProbs.shape.join(', ')}], [${mask.shape.join(', ')}] and ${refLogProbs.size}.`,
    );
  }
}
