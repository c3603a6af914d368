import type { FormSpec, RatingScale } from '@rankloop/contracts';
import type { JudgementContent } from './judgement-content.ts';

/** A person's mark of one output. */
export interface Mark {
  /** Index within the task. */
  output: number;
  value: number;
  scale: RatingScale;
}

type Said = Pick<JudgementContent, 'outcome' | 'scores'>;

/** The dimension that stands for an output as a whole, where a form has it. */
const OVERALL = 'overall';

/** One mark per rated output: of the overall dimension, else of the form's first one. */
export function marksOf(said: Said, completionIds: readonly string[], form: FormSpec | undefined): Mark[] {
  return marksIn(said, completionIds, form, () => true);
}

/** Thumbs up (1) and down (0). Other scales have no agreed line between good and bad, and give none. */
export function thumbsOf(said: Said, completionIds: readonly string[], form: FormSpec | undefined): Mark[] {
  return marksIn(said, completionIds, form, (scale) => scale === 'thumbs');
}

function marksIn(
  { outcome, scores }: Said,
  completionIds: readonly string[],
  form: FormSpec | undefined,
  isWanted: (scale: RatingScale) => boolean,
): Mark[] {
  const wanted = form?.ratings?.dimensions.filter(({ scale }) => isWanted(scale)) ?? [];
  const dimension = wanted.find(({ id }) => id === OVERALL) ?? wanted[0];
  if (!dimension || outcome !== 'ok' || scores === null) return [];
  return completionIds.flatMap((id, output) => {
    const value = scores[id]?.[dimension.id];
    return value === undefined ? [] : [{ output, value, scale: dimension.scale }];
  });
}
