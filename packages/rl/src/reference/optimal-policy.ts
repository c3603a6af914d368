// The policy that KL-regularised training aims at, where outputs can be enumerated.

import { exactKl } from '../returns/kl.ts';
import { logSumExp } from './ranking-loss.ts';
import { sigmoid, softplus } from './pair-loss.ts';

export interface OptimalPolicy {
  /** π* [A] */
  readonly probabilities: number[];
  readonly expectedReward: number;
  /** KL(π* ‖ π_ref), nats. */
  readonly kl: number;
  /** E[r] - β KL = β ln Z: what no policy can exceed. */
  readonly optimum: number;
}

/**
 * The maximum of E_π[r] - β KL(π ‖ π_ref) over all π (Rafailov et al. 2023, eq. 4):
 *
 *   π* = π_ref exp(r / β) / Z
 */
export function optimalPolicy(
  ref: readonly number[],
  rewards: readonly number[],
  beta: number,
): OptimalPolicy {
  const unnormalised = ref.map((p, a) => Math.log(p) + (rewards[a] ?? NaN) / beta);
  const logZ = logSumExp(unnormalised);
  const logProbs = unnormalised.map((x) => x - logZ);
  const probabilities = logProbs.map(Math.exp);
  return {
    probabilities,
    expectedReward: expectation(probabilities, rewards),
    kl: exactKl(logProbs, ref.map(Math.log)),
    optimum: beta * logZ,
  };
}

export function expectation(probabilities: readonly number[], values: readonly number[]): number {
  return probabilities.reduce((sum, p, a) => sum + p * (values[a] ?? NaN), 0);
}

/** ½ Σ |p - q|: the largest difference in the chance of any event. */
export function totalVariation(p: readonly number[], q: readonly number[]): number {
  return 0.5 * p.reduce((sum, value, a) => sum + Math.abs(value - (q[a] ?? NaN)), 0);
}

/**
 * The best that any reward model can do on preferences drawn as σ(r_i - r_j), every pair alike: the loss that is left,
 * and the share of preferences that are predicted.
 */
export function pairwiseLimits(rewards: readonly number[]): { loss: number; accuracy: number } {
  const gaps = rewards.flatMap((a, i) => rewards.slice(i + 1).map((b) => Math.abs(a - b)));
  const [loss, accuracy] = gaps.reduce(
    ([l, acc], gap) => [
      l + sigmoid(gap) * softplus(-gap) + sigmoid(-gap) * softplus(gap),
      acc + sigmoid(gap),
    ],
    [0, 0],
  );
  return { loss: loss / gaps.length, accuracy: accuracy / gaps.length };
}
