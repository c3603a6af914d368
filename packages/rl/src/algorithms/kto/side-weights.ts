// How much a good and a bad output count.

import type { KtoConfig } from '@rankloop/contracts';

export interface SideWeights {
  readonly desirable: number;
  readonly undesirable: number;
}

/**
 * λ_D and λ_U. With `balance` the rarer side is raised until λ_D n_D = λ_U n_U before the configured weights apply
 * (Ethayarajh et al. 2024 ask for a ratio from 1 to 4/3); n are sums of weights. One side alone has nothing to be
 * balanced with.
 */
export function sideWeights(
  thumbs: readonly { readonly isDesirable: boolean; readonly weight: number }[],
  config: Pick<KtoConfig, 'balance' | 'desirableWeight' | 'undesirableWeight'>,
): SideWeights {
  const totalOf = (side: boolean) =>
    thumbs.reduce((sum, { isDesirable, weight }) => sum + (isDesirable === side ? weight : 0), 0);
  const [good, bad] = [totalOf(true), totalOf(false)];
  const more = Math.max(good, bad);
  const raise = (total: number) => (config.balance && good > 0 && bad > 0 ? more / total : 1);
  return {
    desirable: config.desirableWeight * raise(good),
    undesirable: config.undesirableWeight * raise(bad),
  };
}
