/** Scores of outputs by something other than the reward model; null where it has no opinion of the prompt. */
export type GoldJudge = (items: readonly { prompt: string; completion: string }[]) => number[] | null;
