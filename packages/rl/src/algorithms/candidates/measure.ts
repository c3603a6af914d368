// What the reward model thinks of a policy.

import { z } from 'zod';
import { winRate } from '../../evaluation/win-rate.ts';
import type { TrainingPrompt } from '../types.ts';
import { drawCandidates, type DrawSettings } from './draw.ts';
import { mean } from './statistics.ts';
import type { CandidateRunOptions, RewardChange } from './types.ts';
import type { Workshop } from './workshop.ts';

/** Rewards as runs keep them. */
export const Rewards = z.array(z.number());

/** The same prompts and the same seed every time, so that only the policy changes between two measurements. */
export class RewardGauge {
  readonly #prompts: readonly TrainingPrompt[];
  readonly #settings: DrawSettings;
  readonly #seed: number;

  constructor(
    {
      prompts,
      heldOutPrompts = prompts,
      seed,
    }: Pick<CandidateRunOptions, 'prompts' | 'heldOutPrompts' | 'seed'>,
    settings: DrawSettings & { readonly measurePrompts: number },
  ) {
    const measured = heldOutPrompts.length === 0 ? prompts : heldOutPrompts;
    this.#prompts = measured.slice(0, settings.measurePrompts);
    this.#settings = settings;
    this.#seed = seed;
  }

  /** One reward per prompt: of one draw, or of the best of `n`. */
  async read(workshop: Workshop, n = 1): Promise<number[]> {
    const drawn = await drawCandidates(workshop, this.#prompts, {
      k: n,
      settings: this.#settings,
      seed: this.#seed,
    });
    return drawn.map(({ candidates }) => Math.max(...candidates.map(({ reward }) => reward)));
  }
}

export function rewardChange(before: readonly number[], after: readonly number[]): RewardChange {
  return { before: mean(before), after: mean(after), winRate: winRate(after, before) };
}
