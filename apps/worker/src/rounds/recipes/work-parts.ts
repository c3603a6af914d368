import type { PromptText } from '@rankloop/core';
import { splitHeldOut } from '../data/round-data.ts';
import type { RoundContext } from '../round-context.ts';

// Parts of commands that several recipes need.

/** Whose outputs the page follows while a policy learns. */
export function livePrompts({ prompts }: Pick<RoundContext, 'prompts'>): PromptText[] {
  return prompts.comparing.length > 0 ? prompts.comparing : prompts.training;
}

/** Prompts to draw candidates for, and those that only measure: nothing of the round learns from these. */
export function candidatePrompts({ data, prompts }: Pick<RoundContext, 'data' | 'prompts'>): {
  prompts: PromptText[];
  heldOutPrompts: PromptText[];
} {
  const withTexts = prompts.training.map((prompt) => ({ ...prompt, promptText: prompt.text }));
  const { train, heldOut } = splitHeldOut(data, withTexts);
  const toPrompt = ({ id, text, conversation }: PromptText): PromptText => ({ id, text, conversation });
  return {
    prompts: train.map(toPrompt),
    heldOutPrompts: heldOut.length > 0 ? heldOut.map(toPrompt) : prompts.comparing,
  };
}
