// Alignment by optimal transport in float64: by sorting, where the engine compares every value with every other.

import type { PairSettings } from '../losses/dpo-pair-terms.ts';
import { referenceSmoothedLoss } from './dpo-pair-terms.ts';

export interface TransportValue {
  loss: number;
  /** The part of each u_i, divided by its weight; 0 where that is 0. */
  perPair: number[];
  byU: number[];
  byV: number[];
}

/** See `transportLoss`. */
export function referenceTransportLoss(
  u: readonly number[],
  v: readonly number[],
  weights: readonly number[],
  settings: PairSettings,
): TransportValue {
  const none = () => u.map(() => 0);
  const total: TransportValue = { loss: 0, perPair: none(), byU: none(), byV: none() };
  for (const { i, j, mass } of inOrder(u, v, weights)) {
    const { value, slope } = referenceSmoothedLoss((u[i] ?? NaN) - (v[j] ?? NaN), settings);
    total.loss += mass * value;
    total.perPair[i] = (total.perPair[i] ?? 0) + (mass / (weights[i] ?? NaN)) * value;
    total.byU[i] = (total.byU[i] ?? 0) + mass * slope;
    total.byV[j] = (total.byV[j] ?? 0) - mass * slope;
  }
  return total;
}

/** What rounding leaves of a weight. */
const CRUMB = 1e-12;

/** From the lowest on, as much of u_i as is left goes to as much of v_j as is left. */
function inOrder(u: readonly number[], v: readonly number[], weights: readonly number[]) {
  const waiting = (values: readonly number[]) =>
    values
      .map((value, index) => ({ value, index, left: weights[index] ?? 0 }))
      .filter(({ left }) => left > 0)
      .sort((a, b) => a.value - b.value);
  const [ofU, ofV] = [waiting(u), waiting(v)];
  const moves: { i: number; j: number; mass: number }[] = [];
  for (let [from, to] = [ofU.shift(), ofV.shift()]; from && to;) {
    const mass = Math.min(from.left, to.left);
    moves.push({ i: from.index, j: to.index, mass });
    from.left -= mass;
    to.left -= mass;
    if (from.left <= CRUMB) from = ofU.shift();
    if (to.left <= CRUMB) to = ofV.shift();
  }
  return moves;
}
