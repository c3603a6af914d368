import { demoItems } from './items.ts';
import { notePrompt, reviewPrompt } from './prompts.ts';
import { createRandom } from './random.ts';
import { moodWeights, writeNote, writeReview } from './write-review.ts';

export interface CorpusText {
  prompt: string;
  /** Begins with the space that separates it from the prompt. */
  completion: string;
  /** 0 (furious) .. 5 (delighted); null for a note. */
  mood: number | null;
}

export interface CorpusOptions {
  seed: number;
  count: number;
}

/** The texts that the base model learns from: nine reviews in ten, the rest plain notes. */
export function generateCorpus({ seed, count }: CorpusOptions): CorpusText[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => {
    const item = random.pick(demoItems);
    if (random.next() < 0.1) {
      return { prompt: notePrompt(item), completion: ` ${writeNote(item, random)}`, mood: null };
    }
    const mood = random.weighted(moodWeights);
    const lead = random.weighted([6, 2, 2]);
    return { prompt: reviewPrompt(item, lead), completion: ` ${writeReview(item, mood, random)}`, mood };
  });
}
