// PPO's inner loop: several passes of clipped updates over one batch of experience (Schulman et al. 2017).

import type { Random } from '../../engine/random.ts';
import { explainedVariance, momentsOf } from '../../returns/whiten.ts';
import type { Experience } from './episode.ts';
import { average } from './statistics.ts';
import type { MinibatchMetrics, PpoUpdater } from './updater.ts';

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
>;

export async function updateOnExperience(options: UpdateOptions): Promise<UpdateMetrics> {
  const { updater, experience, random, pause } = options;
  const { settings } = updater;
  const all: MinibatchMetrics[] = [];
  let passes = 0;
  while (passes < settings.innerEpochs) {
    const pass: MinibatchMetrics[] = [];
    const shuffled = random.shuffled(experience);
    for (let start = 0; start < shuffled.length; start += settings.minibatchEpisodes) {
      await pause();
      const minibatch = shuffled.slice(start, start + settings.minibatchEpisodes);
      pass.push(updater.update(minibatch, options));
    }
    all.push(...pass);
    passes += 1;
    if (average(pass, (one) => one.approxKl) > settings.stopUpdateKl) break;
  }
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
  };
}
