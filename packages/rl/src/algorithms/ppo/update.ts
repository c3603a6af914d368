// PPO's inner loop: several passes of clipped updates over one batch of experience (Schulman et al. 2017).

import type { Random } from '../../engine/random.ts';
import { explainedVariance, momentsOf } from '../../returns/whiten.ts';
import type { Experience } from './episode.ts';
import { runPasses } from './passes.ts';
import { average } from './statistics.ts';
import type { PpoUpdater } from './updater.ts';

export interface UpdateOptions {
  readonly updater: PpoUpdater;
  readonly experience: readonly Experience[];
  readonly actorLearningRate: number;
  readonly criticLearningRate: number;
  readonly random: Random;
  /** Named in the error when an update diverges. */
  readonly iteration: number;
  readonly pause: () => Promise<void>;
}

/** Averages over the minibatches of all passes, under the names that TRL logs. */
export type UpdateMetrics = Record<
  | 'policy/approxkl_avg'
  | 'policy/clipfrac_avg'
  | 'loss/policy_avg'
  | 'loss/value_avg'
  | 'val/clipfrac_avg'
  | 'val/ratio'
  | 'val/ratio_var'
  | 'explained_variance'
  | 'grad_norm/policy'
  | 'grad_norm/value'
  | 'passes'
  | 'skipped_updates',
  number
> & {
  /** Where a corpus is mixed in. */
  'ptx/loss'?: number;
};

export async function updateOnExperience(options: UpdateOptions): Promise<UpdateMetrics> {
  const { updater, experience } = options;
  const { all, passes } = await runPasses({
    ...options,
    settings: updater.settings,
    update: (minibatch) => updater.update(minibatch, options),
  });
  const ratios = all.map(({ ratio }) => ratio);
  return {
    'policy/approxkl_avg': average(all, (one) => one.approxKl),
    'policy/clipfrac_avg': average(all, (one) => one.clipFraction),
    'loss/policy_avg': average(all, (one) => one.policyLoss),
    'loss/value_avg': average(all, (one) => one.valueLoss),
    'val/clipfrac_avg': average(all, (one) => one.valueClipFraction),
    'val/ratio': average(all, (one) => one.ratio),
    'val/ratio_var': momentsOf(ratios, 'population').variance,
    explained_variance: explainedVariance(
      experience.flatMap(({ oldValues }) => oldValues),
      experience.flatMap(({ returns }) => returns),
    ),
    'grad_norm/policy': average(all, (one) => one.policyGradNorm),
    'grad_norm/value': average(all, (one) => one.valueGradNorm),
    passes,
    skipped_updates: all.filter(({ isSkipped }) => isSkipped).length,
    ...ptxMetric(all),
  };
}

/** The corpus' loss over all updates, where one is mixed in. */
export function ptxMetric(all: readonly { readonly ptxLoss: number | null }[]): { 'ptx/loss'?: number } {
  const losses = all.flatMap(({ ptxLoss }) => ptxLoss ?? []);
  return losses.length === 0 ? {} : { 'ptx/loss': average(losses, (loss) => loss) };
}
