// The surrogate losses of policy gradients without a critic (REINFORCE, RLOO, GRPO) and of the simple form of PPO,
// over a flat list of tokens. The gradient is in closed form: clips and comparisons would record dozens of kernels.

import * as tf from '@tensorflow/tfjs-core';
import { asSave, asTensor, one } from '../engine/custom-grad.ts';

/** See `policyGradientLoss`. */
export type Surrogate = 'clipped' | 'unclipped' | 'clip-only';
export type RatioOf = 'token' | 'sequence' | 'sequence-mean';

export interface PolicyGradientObjective {
  readonly surrogate: Surrogate;
  readonly ratio: RatioOf;
  /** ε_low > 0 */
  readonly clipRange: number;
  /** ε_high > 0 */
  readonly clipRangeHigh: number;
  /** The estimator of KL(π ‖ ref) in the loss; null where KL is in the reward, or nowhere. */
  readonly klInLoss: 'k2' | 'k3' | null;
}

export interface PolicyGradientInput {
  /** log π_θ(a_n) [N], differentiable. */
  readonly logProbs: tf.Tensor1D;
  /** log π_old(a_n) [N], of the policy that drew. */
  readonly oldLogProbs: tf.Tensor1D;
  /** log π_ref(a_n) [N]; read only with `klInLoss`. */
  readonly refLogProbs: tf.Tensor1D;
  /** A_n [N]. */
  readonly advantages: tf.Tensor1D;
  /** w_n > 0 [N]: how much a token counts, see `tokenWeights`; 0 for padding. */
  readonly weights: tf.Tensor1D;
  /** β [1]; read only with `klInLoss`. */
  readonly klCoefficient: tf.Tensor1D;
  /** 1 where token n belongs to output b, else 0 [B, N]; read only where the ratio is of a sequence. */
  readonly members: tf.Tensor2D;
  /** What the log-ratios of output b are multiplied with before they are added up [B]: 1, or 1 / its tokens. */
  readonly outputScales: tf.Tensor1D;
}

/** exp of more than this is no ratio that anything follows from, and infinity times 0 would be no number. */
const MAX_LOG_RATIO = 20;

/**
 *   ℓ_n = log π_θ(a_n) - log π_old(a_n)
 *   ρ_n = exp(ℓ_n)                            `token`
 *       = exp(Σ over the output of ℓ)         `sequence` (Ahmadian et al. 2024; TRL's RLOO)
 *       = exp(mean over the output of ℓ)      `sequence-mean` (Zheng et al. 2025)
 *
 *   s_n = max(-A ρ, -A clip(ρ, 1 - ε_low, 1 + ε_high))    `clipped` (Schulman et al. 2017, eq. 7)
 *       = -A ρ                                            `unclipped`
 *       = -A clip(ρ, 1 - ε_low, 1 + ε_high)               `clip-only`
 *
 *   L = Σ_n w_n s_n + β Σ_n w_n k(a_n)
 *
 * with k the estimator of KL(π ‖ ref) from one token (returns/kl.ts). ds/dℓ = -A ρ where the bare term is in force,
 * else 0: `clipped` keeps it where it is the larger, `clip-only` inside the range alone, so that an output that became
 * too likely is not pushed back however bad it is. dk2/d log π = ℓ_ref and dk3/d log π = 1 - exp(-ℓ_ref), with
 * ℓ_ref = log π_θ - log π_ref. Averaged over outputs of π the first is the gradient of KL(π ‖ ref), the second that of
 * KL(ref ‖ π); that of k1 would be 0.
 *
 * Log-ratios are cut at ±20 inside exp.
 */
export function policyGradientLoss(
  input: PolicyGradientInput,
  objective: PolicyGradientObjective,
): tf.Scalar {
  assertShapes(input);
  const lossOf = tf.customGrad((logProbsIn, save) => {
    const [logProbs, keep] = [asTensor(logProbsIn), asSave(save)];
    const { oldLogProbs, weights } = input;
    const present = tf.cast(tf.greater(weights, 0), 'float32'); // [N]
    const tokenLogRatios = tf.mul(tf.sub(logProbs, oldLogProbs), present);
    const logRatios = objective.ratio === 'token' ? tokenLogRatios : overOutputs(tokenLogRatios, input);
    const surrogate = surrogateTerms(logRatios, input.advantages, objective);
    const ownSlope = tf.mul(surrogate.slope, weights);
    const slope = objective.ratio === 'token' ? ownSlope : backToTokens(ownSlope, input, present);
    const kl = objective.klInLoss === null ? null : klTerms(logProbs, present, input, objective.klInLoss);
    const terms = kl === null ? surrogate.terms : tf.add(surrogate.terms, kl.terms);
    keep([kl === null ? slope : tf.add(slope, tf.mul(kl.slope, weights))]);
    return {
      value: tf.sum(tf.mul(terms, weights)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, one(saved)),
    };
  });
  return tf.reshape(lossOf(input.logProbs), []);
}

/** s_n and ds_n / d log ρ_n, both [N]. */
function surrogateTerms(
  logRatios: tf.Tensor,
  advantages: tf.Tensor1D,
  { surrogate, clipRange, clipRangeHigh }: PolicyGradientObjective,
): { terms: tf.Tensor; slope: tf.Tensor } {
  const ratios = tf.exp(tf.clipByValue(logRatios, -MAX_LOG_RATIO, MAX_LOG_RATIO));
  const free = tf.neg(tf.mul(advantages, ratios));
  if (surrogate === 'unclipped') return { terms: free, slope: free };
  const [low, high] = [1 - clipRange, 1 + clipRangeHigh];
  const clipped = tf.neg(tf.mul(advantages, tf.clipByValue(ratios, low, high)));
  if (surrogate === 'clip-only') {
    const isInside = tf.logicalAnd(tf.greaterEqual(ratios, low), tf.lessEqual(ratios, high));
    return { terms: clipped, slope: tf.mul(free, tf.cast(isInside, 'float32')) };
  }
  const freeIsLarger = tf.cast(tf.greaterEqual(free, clipped), 'float32');
  return { terms: tf.maximum(free, clipped), slope: tf.mul(free, freeIsLarger) };
}

/** β k and its slope in log π, both [N]. */
function klTerms(
  logProbs: tf.Tensor,
  present: tf.Tensor,
  { refLogProbs, klCoefficient }: PolicyGradientInput,
  estimator: 'k2' | 'k3',
): { terms: tf.Tensor; slope: tf.Tensor } {
  const logRatios = tf.mul(tf.sub(logProbs, refLogProbs), present); // log π / ref
  if (estimator === 'k2') {
    const terms = tf.mul(0.5, tf.square(logRatios));
    return { terms: tf.mul(klCoefficient, terms), slope: tf.mul(klCoefficient, logRatios) };
  }
  const grown = tf.expm1(tf.clipByValue(tf.neg(logRatios), -MAX_LOG_RATIO, MAX_LOG_RATIO));
  const terms = tf.add(grown, logRatios);
  return { terms: tf.mul(klCoefficient, terms), slope: tf.mul(klCoefficient, tf.neg(grown)) };
}

/** Every token gets its output's sum, scaled: [N] -> [B] -> [N]. */
function overOutputs(tokens: tf.Tensor, { members, outputScales }: PolicyGradientInput): tf.Tensor {
  const perOutput = tf.mul(tf.sum(tf.mul(members, tokens), 1), outputScales); // [B]
  return tf.sum(tf.mul(members, tf.reshape(perOutput, [-1, 1])), 0); // [N]
}

/** The transpose of `overOutputs`: what each token's log-ratio has done to the terms of its whole output. */
function backToTokens(slope: tf.Tensor, input: PolicyGradientInput, present: tf.Tensor): tf.Tensor {
  return tf.mul(overOutputs(slope, input), present);
}

function assertShapes(input: PolicyGradientInput): void {
  const { logProbs, oldLogProbs, refLogProbs, advantages, weights, members, outputScales } = input;
  const tokens = [logProbs, oldLogProbs, refLogProbs, advantages, weights];
  const lengths = tokens.map(({ size }) => size);
  if (tokens.some(({ rank }) => rank !== 1) || new Set(lengths).size !== 1) {
    throw new Error(`policyGradientLoss needs vectors of one length, not ${lengths.join(', ')}.`);
  }
  const expected = `${outputScales.size},${logProbs.size}`;
  if (members.shape.join() !== expected) {
    throw new Error(`policyGradientLoss needs members of [${expected}], not [${members.shape.join()}].`);
  }
}

/** What the mean of a loss is taken over. */
export type Aggregation = 'outputs' | 'tokens' | 'constant';

/**
 * w_n of every token of some outputs with L_b tokens each, which count u_b (1 where nothing is said):
 *
 *   outputs    u_b / (L_b Σ u)          every output the same, however long (Shao et al. 2024)
 *   tokens     u_b / Σ u L              every token the same (Yu et al. 2025; TRL's bnpo and dapo)
 *   constant   u_b / (maxTokens Σ u)    as tokens, but a batch of short outputs takes a smaller step (Liu et al. 2025)
 *
 * A term that all tokens of an output share counts once with `outputs`.
 */
export function tokenWeights(
  lengths: readonly number[],
  options: { aggregation: Aggregation; maxTokens: number; outputWeights?: readonly number[] },
): number[][] {
  const { aggregation, maxTokens, outputWeights = lengths.map(() => 1) } = options;
  const outputs = outputWeights.reduce((sum, weight) => sum + weight, 0);
  const tokens = lengths.reduce((sum, length, b) => sum + length * (outputWeights[b] ?? 0), 0);
  return lengths.map((length, b) => {
    const share = {
      outputs: 1 / (length * outputs),
      tokens: 1 / tokens,
      constant: 1 / (maxTokens * outputs),
    }[aggregation];
    return new Array<number>(length).fill((outputWeights[b] ?? 0) * share);
  });
}
