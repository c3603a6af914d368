// The coefficient β of the KL penalty: fixed, or steered towards a target.

export interface KlController {
  coefficient: number;
  /** @param kl mean over the batch of Σ_t k1, nats · @param episodes outputs in the batch */
  update(kl: number, episodes: number): void;
}

export function fixedKl(coefficient: number): KlController {
  return { coefficient, update: () => undefined };
}

/** How far one batch may pull: the proportional error is cut to this. */
const MAX_ERROR = 0.2;

/**
 * Ziegler et al. 2019, section 2.2, with n episodes in the batch:
 *
 *   e = clip(KL / target - 1, -0.2, 0.2)
 *   β ← β (1 + e · n / horizon)
 */
export class AdaptiveKl implements KlController {
  coefficient: number;
  readonly #target: number;
  readonly #horizon: number;

  constructor(options: { coefficient: number; target: number; horizon: number }) {
    this.coefficient = options.coefficient;
    this.#target = options.target;
    this.#horizon = options.horizon;
  }

  update(kl: number, episodes: number): void {
    const error = Math.min(MAX_ERROR, Math.max(-MAX_ERROR, kl / this.#target - 1));
    this.coefficient *= 1 + (error * episodes) / this.#horizon;
  }
}
