// Advantages of whole outputs, without a critic, from what other outputs got.

import { momentsOf } from './whiten.ts';

/** Keeps the spread of equal rewards from dividing by zero; the value of TRL. */
const SPREAD_EPS = 1e-4;

/** Each reward less the mean of the others of its prompt (Kool et al. 2019; Ahmadian et al. 2024). At least two. */
export function leaveOneOutAdvantages(rewards: readonly number[]): number[] {
  if (rewards.length < 2) throw new Error('Leaving one out needs at least two outputs of a prompt.');
  const total = rewards.reduce((sum, reward) => sum + reward, 0);
  return rewards.map((reward) => reward - (total - reward) / (rewards.length - 1));
}

/** Each reward less the mean of its prompt, its own included. */
export function centredAdvantages(rewards: readonly number[]): number[] {
  const { mean } = momentsOf(rewards, 'bessel');
  return rewards.map((reward) => reward - mean);
}

/** x / (deviation of `spreadOf` + eps), with Bessel's deviation as in TRL. */
export function divideBySpread(
  advantages: readonly number[],
  spreadOf: readonly number[],
  eps = SPREAD_EPS,
): number[] {
  const scale = 1 / (Math.sqrt(momentsOf(spreadOf, 'bessel').variance) + eps);
  return advantages.map((advantage) => advantage * scale);
}

/** (r - mean) / (std + eps) within one prompt (Shao et al. 2024). */
export function groupAdvantages(rewards: readonly number[], eps = SPREAD_EPS): number[] {
  return divideBySpread(centredAdvantages(rewards), rewards, eps);
}

/** A mean that forgets: the first batch sets it, later ones count 1 - `decay`. */
export class RunningMean {
  readonly #decay: number;
  #value: number | null = null;

  constructor(decay: number) {
    this.#decay = decay;
  }

  /** Null before the first batch. */
  get value(): number | null {
    return this.#value;
  }

  /** Goes on from a value that it had before. */
  goTo(value: number | null): void {
    this.#value = value;
  }

  update(batchMean: number): void {
    this.#value =
      this.#value === null ? batchMean : this.#decay * this.#value + (1 - this.#decay) * batchMean;
  }
}
