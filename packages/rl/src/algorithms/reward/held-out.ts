// What a trained reward says of prompts it never saw.

import { momentsOf } from '../../returns/whiten.ts';
import type { ScoredPreference } from '../../evaluation/pair-accuracy.ts';
import type { PreparedPrompt } from './prepare.ts';
import type { Normalisation } from './reward-key.ts';

/** The strict preferences of some prompts with the scores of their outputs; `scores` are of all rows in order. */
export function preferencesOf(
  prompts: readonly PreparedPrompt[],
  scores: readonly number[],
): ScoredPreference[] {
  return withPlaces(prompts).flatMap(({ promptText, judgements, first }) => {
    // A soft tie says nothing about which is better.
    const strict = judgements.flatMap(({ pairs }) => pairs.filter(({ share }) => share === 1));
    return strict.map(({ better, worse }) => ({
      promptText,
      better: scores[first + better] ?? NaN,
      worse: scores[first + worse] ?? NaN,
    }));
  });
}

/** Of two outputs that one person rated apart, the higher one as preferred; `scores` are of all rows in order. */
export function ratedPreferencesOf(
  prompts: readonly PreparedPrompt[],
  scores: readonly number[],
): ScoredPreference[] {
  return withPlaces(prompts).flatMap(({ promptText, judgements, first }) =>
    judgements.flatMap(({ ratings = [] }) =>
      ratings.flatMap((high) =>
        ratings
          .filter(({ value }) => value < high.value)
          .map((low) => ({
            promptText,
            better: scores[first + high.row] ?? NaN,
            worse: scores[first + low.row] ?? NaN,
          })),
      ),
    ),
  );
}

/**
 * Mean squared error of raw scores against ratings, in deviations of the ratings that were learned: 1 is as good as
 * saying the mean. Null without a rating.
 */
export function ratingError(
  prompts: readonly PreparedPrompt[],
  scores: readonly number[],
  { mean, std }: Normalisation,
): number | null {
  const errors = withPlaces(prompts).flatMap(({ judgements, first }) =>
    judgements.flatMap(({ ratings = [] }) =>
      ratings.map(({ row, value }) => ((scores[first + row] ?? NaN) - (value - mean) / std) ** 2),
    ),
  );
  return errors.length === 0 ? null : momentsOf(errors, 'population').mean;
}

function withPlaces(prompts: readonly PreparedPrompt[]) {
  let offset = 0;
  return prompts.map((prompt) => {
    const first = offset;
    offset += prompt.rows.length;
    return { ...prompt, first };
  });
}
