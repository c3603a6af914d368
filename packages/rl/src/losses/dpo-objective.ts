// What a run of direct preference optimisation minimises, and which of its choices fit together.

import { dpoLossTraits, type DpoConfig, type DpoLossChoice } from '@rankloop/contracts';

/** cdpo is sigmoid with a label smoothing. */
export type DpoLossName = Exclude<DpoLossChoice, 'cdpo'>;

/** Of π from π_ref: see `dpoLoss`. */
export type Divergence = DpoConfig['divergence'];

export type Lengths = 'sum' | 'mean';

/** A loss of a mix with what it counts. */
export interface WeightedLoss {
  readonly loss: DpoLossName;
  /** > 0 */
  readonly weight: number;
}

export interface DpoObjective {
  /** See `dpoLoss`. */
  readonly loss: DpoLossName;
  /** Losses that are added to it, with the same β, ε and divergence, as MPO does (Wang et al. 2024); none by default. */
  readonly added?: readonly WeightedLoss[];
  /** β > 0: how strongly the policy is held to the reference. */
  readonly beta: number;
  /** ε in [0, ½): the share of preferences that are believed to be the wrong way round. 0 by default. */
  readonly labelSmoothing?: number;
  /**
   * Whether a log-ratio is summed over an output's tokens or averaged.
   *
   * Default: `mean` for ipo, `sum` for the others. Sums are what the DPO paper derives (eq. 7). IPO regresses on one
   * fixed gap, 1 / (2β), that a sum reaches by length alone; its authors and TRL average, while OpenRLHF and the DPO
   * authors' own code sum (24.13 against 20.75 on the same inputs). `mean` with sigmoid is TRL's `sigmoid_norm`.
   */
  readonly lengths?: Lengths;
  /** `reverse-kl` by default, the divergence of DPO itself. */
  readonly divergence?: Divergence;
}

/** τ of DiscoPOP: where its two parts change over, in units of βh (Lu et al. 2024). */
export const DISCOPOP_TAU = 0.05;

/** All losses of an objective; the first counts 1. */
export function membersOf({ loss, added = [] }: DpoObjective): readonly WeightedLoss[] {
  return [{ loss, weight: 1 }, ...added];
}

/** The convention in force for one of its losses: see `DpoObjective.lengths`. */
export function lengthsOf(loss: DpoLossName, { lengths }: DpoObjective): Lengths {
  return lengths ?? (loss === 'ipo' ? 'mean' : 'sum');
}

/** @throws if a number is out of range or a loss does not know what it is given */
export function assertObjective(objective: DpoObjective): void {
  const { beta, labelSmoothing = 0, divergence = 'reverse-kl' } = objective;
  if (!(beta > 0)) throw new Error(`DPO needs a β above 0, not ${beta}.`);
  if (!(labelSmoothing >= 0 && labelSmoothing < 0.5)) {
    throw new Error(`Label smoothing is at least 0 and below ½, not ${labelSmoothing}.`);
  }
  const members = membersOf(objective).map((member) => ({ ...member, ...dpoLossTraits(member.loss) }));
  if (labelSmoothing > 0 && members.every(({ wrongShare }) => wrongShare === 'none')) {
    throw new Error(`The ${objective.loss} loss has no label smoothing: set it to 0.`);
  }
  for (const { loss, weight, wrongShare, divergences } of members) {
    if (!(weight > 0 && Number.isFinite(weight))) {
      throw new Error(`The ${loss} loss needs a weight above 0, not ${weight}.`);
    }
    if (labelSmoothing === 0 && wrongShare === 'needed') {
      throw new Error(`The ${loss} loss needs a label smoothing above 0, such as 0.001.`);
    }
    if (divergence !== 'reverse-kl' && divergences === 'reverse-kl') {
      throw new Error(`The ${loss} loss does not look at leads alone: it has the reverse KL only.`);
    }
  }
}
