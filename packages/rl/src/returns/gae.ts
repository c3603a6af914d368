// Generalised advantage estimation (Schulman et al. 2016, eq. 16) over one finished output.

export interface AdvantageEstimate {
  advantages: number[];
  /** A_t + V_t, the targets of the critic. */
  returns: number[];
}

/**
 *   δ_t = R_t + γ V_{t+1} - V_t
 *   A_t = δ_t + γ λ A_{t+1}
 *
 * computed backwards, with A beyond the end 0. An output that was cut off is treated as finished: V beyond the end
 * is 0, unless `bootstrapValue` says otherwise.
 *
 * @param rewards R [T]
 * @param values V [T], of the state before each token
 * @param gamma discount γ in [0, 1], one for all tokens or one for each
 * @param lambda λ in [0, 1]
 */
export function estimateAdvantages(options: {
  rewards: readonly number[];
  values: readonly number[];
  gamma: number | readonly number[];
  lambda: number;
  bootstrapValue?: number;
}): AdvantageEstimate {
  const { rewards, values, gamma, lambda } = options;
  if (rewards.length !== values.length) {
    throw new Error(`There are ${rewards.length} rewards and ${values.length} values.`);
  }
  const advantages = new Array<number>(rewards.length).fill(0);
  let nextValue = options.bootstrapValue ?? 0;
  let nextAdvantage = 0;
  for (let t = rewards.length - 1; t >= 0; t--) {
    const value = values[t] ?? 0;
    const discount = typeof gamma === 'number' ? gamma : (gamma[t] ?? 1);
    const delta = (rewards[t] ?? 0) + discount * nextValue - value;
    nextAdvantage = delta + discount * lambda * nextAdvantage;
    advantages[t] = nextAdvantage;
    nextValue = value;
  }
  return { advantages, returns: advantages.map((advantage, t) => advantage + (values[t] ?? 0)) };
}
