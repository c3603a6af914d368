import type { Random } from '../random.ts';

export const worldNames = ['style', 'summary', 'advice'] as const;
export type WorldName = (typeof worldNames)[number];

export interface WorldPrompt {
  /** Unique in its world, over training and held-out prompts. */
  id: string;
  text: string;
}

export interface WorldText {
  prompt: string;
  /** Begins with the space that separates it from the prompt. */
  completion: string;
}

/** Every kind of gold that a world has is a number without bounds; differences of 1 are plain to see. */
export interface WorldGold {
  /** What the policy ought to be good at. */
  gold: number;
  /** In `advice` only, where `gold` is their mean. */
  helpful?: number;
  harmless?: number;
}

/**
 * A task whose true reward is known. All of it follows from its name and seed: the hidden taste, the prompts, the
 * writers. Texts are 3 to 20 words of a small vocabulary, so that a model of two thin layers learns them in seconds.
 */
export interface SmallWorld {
  name: WorldName;
  seed: number;
  /** No prompt is in both. */
  prompts: { training: readonly WorldPrompt[]; heldOut: readonly WorldPrompt[] };
  /** One text of a writer who picks words with weight exp(taste · hidden weight): above 0 is better than chance. */
  write: (prompt: WorldPrompt, taste: number, random: Random) => WorldText;
  score: (prompt: string, completion: string) => WorldGold;
  /** What labelers like besides the gold, for one text; 0 but in `summary`, where they like length. */
  labelerBias: (completion: string) => number;
  /** Of the labelers, in units of gold. */
  temperature: number;
  /** Enough for every text that a writer writes, in tokens. */
  maxNewTokens: number;
}
