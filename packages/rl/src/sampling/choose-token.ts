// One draw from a row of logits, with the probabilities that it had.

import { fastExp } from '../engine/kernels/exp.ts';
import type { Random } from '../engine/random.ts';
import { expOfLogits } from './exp-of-logits.ts';

export interface ChoiceOptions {
  /** Logits are divided by it; 0 means always the likeliest token. */
  readonly temperature: number;
  /** Keep only the k likeliest tokens (and those equal to the k-th); null keeps all. */
  readonly topK: number | null;
  /** Keep the smallest set of likeliest tokens whose probability reaches p; null keeps all. */
  readonly topP: number | null;
  /**
   * Above 1 makes tokens less likely that the prompt or the output holds already: a positive logit is divided by it, a
   * negative one multiplied (Keskar et al. 2019, section 4.1). 1 changes nothing.
   */
  readonly repetitionPenalty: number;
}

export interface Choice {
  readonly id: number;
  /** log probability under the distribution that was drawn from: after temperature, top-k and top-p. */
  readonly logProb: number;
  /** log softmax of the untouched logits. */
  readonly rawLogProb: number;
}

/** The weights have left the region where numbers mean something. */
export class NonFiniteLogitsError extends Error {
  override readonly name = 'NonFiniteLogitsError';

  constructor() {
    super('The model gave logits that are not finite numbers.');
  }
}

/**
 * Filters in the order of Hugging Face: repetition penalty, temperature, top-k, top-p.
 *
 * `seen` are the ids that the penalty counts; read only where there is one.
 *
 * @throws NonFiniteLogitsError when a logit is not a finite number
 */
export function chooseToken(
  rawLogits: Float32Array,
  options: ChoiceOptions,
  random: Random,
  seen: Iterable<number> = [],
): Choice {
  const { temperature, topK, topP, repetitionPenalty } = options;
  const rawBest = indexOfMax(rawLogits);
  const rawHighest = rawLogits[rawBest] ?? 0;
  // exp(z - max), not normalised; drawn from where nothing but these is asked for.
  let weights: Float32Array | Float64Array = expOfLogits(rawLogits, rawHighest, 1);
  const rawSum = sumOf(weights);
  // NaN anywhere, or an infinity at the top, ends up in the sum.
  if (!Number.isFinite(rawSum) || !Number.isFinite(rawHighest)) {
    throw new NonFiniteLogitsError();
  }
  const rawLogProbOf = (id: number): number => (rawLogits[id] ?? 0) - rawHighest - Math.log(rawSum);
  const logits = repetitionPenalty === 1 ? rawLogits : penalised(rawLogits, seen, repetitionPenalty);
  const best = logits === rawLogits ? rawBest : indexOfMax(logits);
  const highest = logits[best] ?? 0;
  if (temperature === 0) return { id: best, logProb: 0, rawLogProb: rawLogProbOf(best) };

  const isFiltered = (topK !== null && topK < logits.length) || (topP !== null && topP < 1);
  if (isFiltered) weights = filtered(logits, highest, options);
  else if (temperature !== 1 || logits !== rawLogits) weights = expOfLogits(logits, highest, temperature);
  const total = sumOf(weights);
  const target = random.uniform() * total;
  let id = best;
  let cumulative = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] ?? 0;
    if (weight === 0) continue;
    id = i;
    cumulative += weight;
    if (cumulative > target) break;
  }
  const logProb = ((logits[id] ?? 0) - highest) / temperature - Math.log(total);
  return { id, logProb, rawLogProb: rawLogProbOf(id) };
}

/** exp((z - max) / temperature); 0 for tokens that are filtered out. In float64, so that order stays what it was. */
function filtered(
  logits: Float32Array,
  highest: number,
  { temperature, topK, topP }: ChoiceOptions,
): Float64Array {
  const weights = new Float64Array(logits.length);
  for (let i = 0; i < logits.length; i++) weights[i] = fastExp(((logits[i] ?? 0) - highest) / temperature);
  if (topK !== null && topK < logits.length) keepTopK(weights, topK);
  if (topP !== null && topP < 1) keepTopP(weights, topP);
  return weights;
}

/** In order, so that a running sum ends at the same number. */
function sumOf(weights: Float32Array | Float64Array): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i] ?? 0;
  return sum;
}

function indexOfMax(values: Float32Array): number {
  let best = 0;
  let highest = values[0] ?? 0;
  for (let i = 1; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (value > highest) {
      highest = value;
      best = i;
    }
  }
  return best;
}

function penalised(logits: Float32Array, seen: Iterable<number>, penalty: number): Float32Array {
  const result = logits.slice();
  for (const id of new Set(seen)) {
    const logit = logits[id] ?? 0;
    result[id] = logit > 0 ? logit / penalty : logit * penalty;
  }
  return result;
}

function keepTopK(weights: Float64Array, topK: number): void {
  const threshold = weights.toSorted()[weights.length - topK] ?? 0;
  for (let i = 0; i < weights.length; i++) if ((weights[i] ?? 0) < threshold) weights[i] = 0;
}

function keepTopP(weights: Float64Array, topP: number): void {
  const ascending = weights.toSorted();
  const target = topP * ascending.reduce((sum, weight) => sum + weight, 0);
  // The token that crosses the threshold is still kept; the first always is.
  let place = ascending.length - 1;
  for (let cumulative = ascending[place] ?? 0; cumulative < target && place > 0;) {
    place -= 1;
    cumulative += ascending[place] ?? 0;
  }
  const threshold = ascending[place] ?? 0;
  // Of equal weights at the threshold only so many belong to the set: those with the smaller ids.
  let roomForEqual = ascending.subarray(place).filter((weight) => weight === threshold).length;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] ?? 0;
    if (weight > threshold || (weight === threshold && roomForEqual-- > 0)) continue;
    weights[i] = 0;
  }
}
