import type { PromptText } from '@rankloop/core';
import { splitHeldOut } from '../data/round-data.ts';
import type { RoundContext } from '../round-context.ts';

// Parts of commands that several recipes need.

/** Prompts whose outputs a policy learns from, and those that only measure: nothing of the round learns from these. */
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

/** Prompts that a policy draws for while it learns, and those whose outputs the page follows. */
export function ownDraws(context: Pick<RoundContext, 'data' | 'prompts'>): {
  prompts: PromptText[];
  livePrompts: PromptText[];
} {
  const { comparing, training } = context.prompts;
  return {
    prompts: candidatePrompts(context).prompts,
    livePrompts: comparing.length > 0 ? comparing : training,
  };
}
