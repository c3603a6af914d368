/** A GPT-2-shaped model and the batch that it trains on. */
export interface StepShape {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly vocabulary: number;
  readonly batch: number;
  readonly length: number;
}

export const SMALL: StepShape = { layers: 4, width: 128, heads: 4, vocabulary: 256, batch: 16, length: 64 };
/** One layer as wide as those of GPT-2 small. */
export const GPT2_LAYER: StepShape = {
  layers: 1,
  width: 768,
  heads: 12,
  vocabulary: 256,
  batch: 4,
  length: 256,
};
/** Pairs, or prompts of PPO, in a step of a trainer; prompt and output together are 64 tokens. */
export const TRAINER = { batch: 16, prompt: 16, output: 48 };
export const GENERATION = {
  layers: 4,
  width: 128,
  heads: 4,
  vocabulary: 256,
  batch: 16,
  prompt: 16,
  output: 64,
};
