/**
 * What each loss of direct preference optimisation takes. The formulas, and the papers they are from, are in
 * `packages/rl/src/losses/dpo-loss.ts`; names are those of TRL with hyphens.
 */
interface DpoLossTraits {
  /** Whether it knows a share of preferences that are the wrong way round: not at all, if wanted, or never without. */
  readonly wrongShare: 'none' | 'optional' | 'needed';
  /** Whether another divergence than the reverse KL may stand behind its log-ratios. */
  readonly divergences: 'all' | 'reverse-kl' | 'not used';
  /** Whether a pair is judged beside the other pairs of its step, so that a step needs more than one. */
  readonly needsCompany: boolean;
}

/** Judges nothing but the lead of the preferred output, in which what a divergence leaves open cancels. */
const BY_LEAD = { wrongShare: 'none', divergences: 'all', needsCompany: false } as const;
/** Judges each output against the reference by itself, so that its log-ratio needs its zero. */
const BY_OUTPUT = { ...BY_LEAD, divergences: 'reverse-kl' } as const;

export const DPO_LOSSES = {
  sigmoid: { ...BY_LEAD, wrongShare: 'optional' },
  cdpo: { ...BY_LEAD, wrongShare: 'needed' },
  robust: { ...BY_LEAD, wrongShare: 'optional' },
  hinge: BY_LEAD,
  ipo: BY_LEAD,
  'exo-pair': { ...BY_LEAD, wrongShare: 'needed' },
  discopop: BY_LEAD,
  'nca-pair': BY_OUTPUT,
  'bco-pair': BY_OUTPUT,
  'sppo-hard': BY_OUTPUT,
  'apo-zero': BY_OUTPUT,
  'apo-down': BY_OUTPUT,
  aot: { wrongShare: 'optional', divergences: 'reverse-kl', needsCompany: true },
  'aot-unpaired': { wrongShare: 'optional', divergences: 'reverse-kl', needsCompany: true },
  sft: { ...BY_LEAD, divergences: 'not used' },
} as const satisfies Record<string, DpoLossTraits>;

/** A loss as it is called in settings. */
export type DpoLossChoice = keyof typeof DPO_LOSSES;

/** The traits of one of them, without what the table knows of the others. */
export function dpoLossTraits(loss: DpoLossChoice): DpoLossTraits {
  return DPO_LOSSES[loss];
}
