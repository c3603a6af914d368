// The losses over single pairs in float64, with their slopes in closed form. `dpoLoss` has the formulas.

import { DISCOPOP_TAU } from '../losses/dpo-objective.ts';
import type { PairLossName, PairSettings } from '../losses/dpo-pair-terms.ts';
import { sigmoid, softplus } from './pair-loss.ts';

export interface PairValue {
  /** f */
  readonly value: number;
  /** df / ds of the preferred output. */
  readonly byChosen: number;
  readonly byRejected: number;
}

/** f and f' of a loss of the lead. */
export interface LeadValue {
  readonly value: number;
  readonly slope: number;
}

type PairTerm = (chosen: number, rejected: number, settings: PairSettings) => PairValue;

const ofLead =
  (lossOf: (lead: number, settings: PairSettings) => LeadValue): PairTerm =>
  (chosen, rejected, settings) => {
    const { value, slope } = lossOf(chosen - rejected, settings);
    return { value, byChosen: slope, byRejected: -slope };
  };

/** σ'(x) */
const bump = (x: number) => sigmoid(x) * sigmoid(-x);

export const REFERENCE_PAIR_TERMS: Readonly<Record<PairLossName, PairTerm>> = {
  sigmoid: ofLead(referenceSmoothedLoss),
  robust: ofLead((h, { beta, labelSmoothing: eps }) => ({
    value: ((1 - eps) * softplus(-beta * h) - eps * softplus(beta * h)) / (1 - 2 * eps),
    slope: (-beta * ((1 - eps) * sigmoid(-beta * h) + eps * sigmoid(beta * h))) / (1 - 2 * eps),
  })),
  hinge: ofLead((h, { beta }) => ({
    value: Math.max(0, 1 - beta * h),
    slope: beta * h < 1 ? -beta : 0,
  })),
  ipo: ofLead((h, { beta }) => {
    const miss = h - 1 / (2 * beta);
    return { value: miss ** 2, slope: 2 * miss };
  }),
  'exo-pair': ofLead((h, { beta, labelSmoothing: eps }) => {
    const x = beta * h;
    const [logRight, logWrong] = [Math.log1p(-eps), Math.log(eps)];
    return {
      value: sigmoid(x) * (-softplus(-x) - logRight) + sigmoid(-x) * (-softplus(x) - logWrong),
      // log σ(x) - log σ(-x) = x
      slope: beta * bump(x) * (x - logRight + logWrong),
    };
  }),
  discopop: ofLead((h, { beta }) => {
    const x = beta * h;
    const [early, late] = [sigmoid(-x / DISCOPOP_TAU), sigmoid(x / DISCOPOP_TAU)];
    const decay = Math.exp(-x - softplus(-x / DISCOPOP_TAU));
    const bend = (early * late) / DISCOPOP_TAU;
    return {
      value: early * softplus(-x) + decay,
      slope: beta * (-bend * softplus(-x) - early * sigmoid(-x) + decay * (early / DISCOPOP_TAU - 1)),
    };
  }),
  'nca-pair': (chosen, rejected, { beta }) => {
    const [good, bad] = [beta * chosen, beta * rejected];
    return {
      value: softplus(-good) + 0.5 * softplus(good) + 0.5 * softplus(bad),
      byChosen: beta * (0.5 * sigmoid(good) - sigmoid(-good)),
      byRejected: beta * 0.5 * sigmoid(bad),
    };
  },
  'bco-pair': (chosen, rejected, { beta }) => ({
    value: softplus(-beta * chosen) + softplus(beta * rejected),
    byChosen: -beta * sigmoid(-beta * chosen),
    byRejected: beta * sigmoid(beta * rejected),
  }),
  'sppo-hard': (chosen, rejected, { beta }) => {
    const [over, under] = [chosen - 1 / (2 * beta), rejected + 1 / (2 * beta)];
    return { value: over ** 2 + under ** 2, byChosen: 2 * over, byRejected: 2 * under };
  },
  'apo-zero': (chosen, rejected, { beta }) => ({
    value: sigmoid(-beta * chosen) + sigmoid(beta * rejected),
    byChosen: -beta * bump(beta * chosen),
    byRejected: beta * bump(beta * rejected),
  }),
  'apo-down': (chosen, rejected, { beta }) => {
    const lead = beta * (chosen - rejected);
    return {
      value: sigmoid(beta * chosen) + sigmoid(-lead),
      byChosen: beta * (bump(beta * chosen) - bump(lead)),
      byRejected: beta * bump(lead),
    };
  },
};

/** (1 - ε) softplus(-βh) + ε softplus(βh) */
export function referenceSmoothedLoss(h: number, { beta, labelSmoothing: eps }: PairSettings): LeadValue {
  return {
    value: (1 - eps) * softplus(-beta * h) + eps * softplus(beta * h),
    // softplus'(x) = σ(x)
    slope: beta * (eps * sigmoid(beta * h) - (1 - eps) * sigmoid(-beta * h)),
  };
}
