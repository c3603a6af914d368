// Direct preference optimisation: the policy itself is the reward model (Rafailov et al. 2023).

import * as tf from '@tensorflow/tfjs-core';
import { softplus } from './softplus.ts';

export type DpoLossName = 'sigmoid' | 'robust' | 'hinge' | 'ipo';

export interface DpoObjective {
  /** See `dpoLoss`. */
  readonly loss: DpoLossName;
  /** β > 0: how strongly the policy is held to the reference. */
  readonly beta: number;
  /** ε in [0, ½): the share of preferences that are believed to be the wrong way round. 0 by default. */
  readonly labelSmoothing?: number;
  /**
   * Whether a log-ratio is summed over an output's tokens or averaged.
   *
   * Default: `mean` for ipo, `sum` for the others. Sums are what the DPO paper derives (eq. 7). IPO regresses on one
   * fixed gap, 1 / (2β), that a sum reaches by length alone; its authors and TRL average, while OpenRLHF and the DPO
   * authors' own code sum (24.13 against 20.75 on the same inputs). `mean` with sigmoid is TRL's `sigmoid_norm`.
   */
  readonly lengths?: 'sum' | 'mean';
}

export interface DpoLossInput {
  /** log π_θ of each token [2P, T], differentiable: P preferred outputs, then in the same order the P others. */
  readonly tokenLogProbs: tf.Tensor2D;
  /** 1 for tokens of the output, 0 for prompt and padding [2P, T]. A pair of weight 0 may have none. */
  readonly mask: tf.Tensor2D;
  /** log π_ref of each whole output [2P]: always sums. */
  readonly refLogProbs: tf.Tensor1D;
  /** w_p >= 0 [P], adding up to 1. */
  readonly pairWeights: tf.Tensor1D;
}

/**
 *   ℓ(y) = Σ_t log π_θ(y_t) - log π_ref(y)          divided by |y| where lengths are `mean`
 *   h_p  = ℓ(preferred) - ℓ(other)
 *   L    = Σ_p w_p f(h_p)
 *
 *   sigmoid   (1 - ε) softplus(-βh) + ε softplus(βh)                 Rafailov et al. 2023, eq. 7; ε > 0 is cDPO
 *   robust    [(1 - ε) softplus(-βh) - ε softplus(βh)] / (1 - 2ε)    Chowdhury et al. 2024: unbiased under flips
 *   hinge     max(0, 1 - βh)                                         Zhao et al. 2023, as normalised by RSO
 *   ipo       (h - 1 / (2β))²                                        Azar et al. 2023, eq. 17
 *
 * `sigmoid` heeds ε as TRL 0.11.4 does. TRL 1.16 takes the option and ignores it, which leaves no name for cDPO; for
 * its values give ε = 0.
 *
 * @throws if β or ε is out of range or the shapes do not fit
 */
export function dpoLoss(input: DpoLossInput, objective: DpoObjective): tf.Scalar {
  const P = assertShapes(input);
  assertObjective(objective);
  return tf.tidy(() => {
    const ratios = logRatios(input, lengthsOf(objective)); // [2P]
    const gaps = tf.sub(tf.slice(ratios, [0], [P]), tf.slice(ratios, [P], [P])); // [P]
    return tf.reshape(tf.sum(tf.mul(input.pairWeights, lossOfGaps(gaps, objective))), []);
  });
}

/** The convention in force: see `DpoObjective.lengths`. */
export function lengthsOf({ loss, lengths }: DpoObjective): 'sum' | 'mean' {
  return lengths ?? (loss === 'ipo' ? 'mean' : 'sum');
}

/** @throws if β or ε is out of range */
export function assertObjective({ loss, beta, labelSmoothing = 0 }: DpoObjective): void {
  if (!(beta > 0)) throw new Error(`DPO needs a β above 0, not ${beta}.`);
  if (!(labelSmoothing >= 0 && labelSmoothing < 0.5)) {
    throw new Error(`Label smoothing is at least 0 and below ½, not ${labelSmoothing}.`);
  }
  if (labelSmoothing > 0 && (loss === 'hinge' || loss === 'ipo')) {
    throw new Error(`The ${loss} loss has no label smoothing: set it to 0.`);
  }
}

function logRatios({ tokenLogProbs, mask, refLogProbs }: DpoLossInput, lengths: 'sum' | 'mean'): tf.Tensor1D {
  const logProbs = tf.sum(tf.mul(tokenLogProbs, mask), 1); // [2P]
  const ratios = tf.sub(logProbs, refLogProbs);
  if (lengths === 'sum') return tf.reshape(ratios, [-1]);
  // A row of padding has no tokens; 0 / 0 would outlive its weight of 0.
  return tf.reshape(tf.div(ratios, tf.maximum(tf.sum(mask, 1), 1)), [-1]);
}

function lossOfGaps(gaps: tf.Tensor, { loss, beta, labelSmoothing = 0 }: DpoObjective): tf.Tensor {
  const agreed = () => tf.mul(1 - labelSmoothing, softplus(tf.mul(-beta, gaps)));
  const flipped = () => tf.mul(labelSmoothing, softplus(tf.mul(beta, gaps)));
  switch (loss) {
    case 'sigmoid':
      return labelSmoothing === 0 ? agreed() : tf.add(agreed(), flipped());
    case 'robust':
      return tf.div(tf.sub(agreed(), flipped()), 1 - 2 * labelSmoothing);
    case 'hinge':
      return tf.relu(tf.sub(1, tf.mul(beta, gaps)));
    case 'ipo':
      return tf.square(tf.sub(gaps, 1 / (2 * beta)));
  }
}

function assertShapes({ tokenLogProbs, mask, refLogProbs, pairWeights }: DpoLossInput): number {
  const [rows, T] = tokenLogProbs.shape;
  const P = pairWeights.size;
  if (P === 0 || rows !== 2 * P || refLogProbs.size !== rows || mask.shape.join() !== `${rows},${T}`) {
    throw new Error(
      `DPO over ${P} pairs needs log-probabilities and a mask of [${2 * P}, T] and ${2 * P} of the reference, not ` +
        `[${tokenLogProbs.shape.join(', ')}], [${mask.shape.join(', ')}] and ${refLogProbs.size}.`,
    );
  }
  return P;
}
