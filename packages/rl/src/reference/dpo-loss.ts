// The losses of direct preference optimisation in float64, with their gradients in closed form.

import {
  assertObjective,
  lengthsOf,
  membersOf,
  type DpoLossName,
  type DpoObjective,
} from '../losses/dpo-objective.ts';
import { referenceTransportLoss } from './dpo-batch-terms.ts';
import { REFERENCE_PAIR_TERMS } from './dpo-pair-terms.ts';
import { referenceScore } from './dpo-scores.ts';

type Rows = readonly (readonly number[])[];

export interface ReferenceDpoInput {
  /** [2P][T]: preferred outputs, then the others. */
  readonly tokenLogProbs: Rows;
  readonly mask: Rows;
  /** [2P][T]; the mask by default. */
  readonly tokenWeights?: Rows;
  /** [2P], sums. */
  readonly refLogProbs: readonly number[];
  /** [P], adding up to 1; equal by default. */
  readonly pairWeights?: readonly number[];
}

export interface ReferenceDpo {
  loss: number;
  /** f_p [P], of which the loss is the weighted sum. */
  perPair: number[];
  /** β (log π_θ - log π_ref), sums, [2P]: the implicit rewards. */
  rewards: number[];
  /** With respect to each token's log-probability. */
  grad: number[][];
}

/** Of one loss of a mix. */
interface Member {
  readonly perPair: readonly number[];
  /** By log π_θ of each output [2P]. */
  readonly byOutput?: readonly number[];
  /** By log π_θ of each token of an output [2P]. */
  readonly byToken?: readonly number[];
}

interface Batch {
  /** log π_θ of each output [2P] */
  readonly logProbs: readonly number[];
  readonly refLogProbs: readonly number[];
  /** |y| [2P] */
  readonly sizes: readonly number[];
  /** Σ_t log π_θ(y_t), every token whole [2P]. */
  readonly plainLogProbs: readonly number[];
  readonly weights: readonly number[];
}

/** See `dpoLoss`. */
export function referenceDpoLoss(input: ReferenceDpoInput, objective: DpoObjective): ReferenceDpo {
  assertObjective(objective);
  const { tokenLogProbs, mask, tokenWeights = mask, refLogProbs } = input;
  const P = tokenLogProbs.length / 2;
  const dot = (row: readonly number[], i: number, by: Rows) =>
    row.reduce((sum, value, t) => sum + value * (by[i]?.[t] ?? 0), 0);
  const logProbs = tokenLogProbs.map((row, i) => dot(row, i, tokenWeights));
  const batch: Batch = {
    logProbs,
    refLogProbs,
    sizes: mask.map((row) => row.reduce((sum, m) => sum + m, 0)),
    plainLogProbs: tokenLogProbs.map((row, i) => dot(row, i, mask)),
    weights: input.pairWeights ?? new Array<number>(P).fill(1 / P),
  };
  const perPair = new Array<number>(P).fill(0);
  const grad = mask.map((row) => row.map(() => 0));
  for (const { loss, weight } of membersOf(objective)) {
    const member = memberOf(loss, batch, objective);
    member.perPair.forEach((value, p) => (perPair[p] = (perPair[p] ?? 0) + weight * value));
    grad.forEach((row, i) => {
      row.forEach((_, t) => {
        const byOutput = (member.byOutput?.[i] ?? 0) * (tokenWeights[i]?.[t] ?? 0);
        row[t] = (row[t] ?? 0) + weight * (byOutput + (member.byToken?.[i] ?? 0) * (mask[i]?.[t] ?? 0));
      });
    });
  }
  return {
    loss: perPair.reduce((sum, value, p) => sum + (batch.weights[p] ?? NaN) * value, 0),
    perPair,
    rewards: logProbs.map((logProb, i) => objective.beta * (logProb - (refLogProbs[i] ?? NaN))),
    grad,
  };
}

function memberOf(loss: DpoLossName, batch: Batch, objective: DpoObjective): Member {
  const { logProbs, refLogProbs, sizes, weights } = batch;
  const { beta, labelSmoothing = 0, divergence = 'reverse-kl' } = objective;
  const settings = { beta, labelSmoothing };
  const P = weights.length;
  if (loss === 'sft') return preferredTokens(batch);

  const shares = sizes.map((size) => (lengthsOf(loss, objective) === 'mean' ? 1 / Math.max(size, 1) : 1));
  if (loss === 'aot') {
    const [policy = [], reference = []] = [logProbs, refLogProbs].map((sums) => {
      const means = sums.map((sum, i) => sum * (shares[i] ?? NaN));
      return means.slice(0, P).map((mean, p) => mean - (means[p + P] ?? NaN));
    });
    const { perPair, byU } = referenceTransportLoss(policy, reference, weights, settings);
    const slopes = [...byU, ...byU.map((slope) => -slope)];
    return { perPair, byOutput: slopes.map((slope, i) => slope * (shares[i] ?? NaN)) };
  }
  const scores = logProbs.map((logProb, i) => {
    const { value, slope } = referenceScore(logProb - (refLogProbs[i] ?? NaN), divergence);
    const share = shares[i] ?? NaN;
    return { value: value * share, slope: slope * share };
  });
  const byLogProb = (slopes: readonly number[]) =>
    slopes.map((slope, i) => slope * (scores[i]?.slope ?? NaN));
  const values = scores.map(({ value }) => value);
  if (loss === 'aot-unpaired') {
    const moved = referenceTransportLoss(values.slice(0, P), values.slice(P), weights, settings);
    return { perPair: moved.perPair, byOutput: byLogProb([...moved.byU, ...moved.byV]) };
  }
  const pairs = weights.map((weight, p) => {
    const pair = REFERENCE_PAIR_TERMS[loss](values[p] ?? NaN, values[p + P] ?? NaN, settings);
    return { ...pair, weight };
  });
  return {
    perPair: pairs.map(({ value }) => value),
    byOutput: byLogProb([
      ...pairs.map(({ weight, byChosen }) => weight * byChosen),
      ...pairs.map(({ weight, byRejected }) => weight * byRejected),
    ]),
  };
}

/** See `preferredTokenLoss`. */
function preferredTokens({ plainLogProbs, sizes, weights }: Batch): Member {
  const tokens = weights.reduce((sum, weight, p) => sum + weight * (sizes[p] ?? NaN), 0);
  return {
    perPair: weights.map((_, p) => -(plainLogProbs[p] ?? NaN) / tokens),
    byToken: weights.map((weight) => -weight / tokens),
  };
}
