// Draws from the bandit whose laws are known exactly.

import { Random } from '../engine/random.ts';
import { bandit } from './golden.ts';

/** Actions of the bandit, drawn independently from its reference policy. */
export function banditDrawer(seed: number): () => number {
  const random = new Random(seed);
  return () => {
    let rest = random.uniform();
    const action = bandit.ref.findIndex((p) => (rest -= p) < 0);
    return action === -1 ? bandit.ref.length - 1 : action;
  };
}

/** How large a part of the actions is each action. */
export function actionShares(actions: readonly number[]): number[] {
  return bandit.ref.map((_, a) => actions.filter((action) => action === a).length / actions.length);
}

/** Deviations that chance alone exceeds once in some ten thousand runs. */
export const SIGMAS = 4;

/** `SIGMAS` binomial deviations of a share `p` in `trials`. */
export function binomialError(p: number, trials: number): number {
  return SIGMAS * Math.sqrt((p * (1 - p)) / trials);
}
