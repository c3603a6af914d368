import type { JudgementContent } from './judgement-content.ts';

/** What a judgement prefers among the outputs of its task. */
export interface Preferences {
  /** One per output in the task's order: 1 is best, equal is a tie, null is not ranked. Null: it orders nothing. */
  ranks: (number | null)[] | null;
  /** The same where all that is ranked is tied; null otherwise. Only a learner of ties has a use for it. */
  tied: (number | null)[] | null;
  /** 1..3, how much better the better one is, where the form asked for it. */
  strength: number | null;
  /** Edited texts, each preferred over the output that it was made from. */
  edits: { output: number; text: string }[];
}

type Said = Pick<JudgementContent, 'outcome' | 'shownOrder' | 'ranks' | 'strength' | 'scores' | 'edits'>;

/** The dimension that orders outputs where a form has neither a ranking nor a comparison. */
const OVERALL = 'overall';

/**
 * One source of order per judgement, so that nothing counts twice: the ranking, else the comparison, else the ratings
 * of the overall dimension.
 */
export function preferencesOf(said: Said, completionIds: readonly string[]): Preferences {
  if (said.outcome !== 'ok') return { ranks: null, tied: null, strength: null, edits: [] };
  const edits = completionIds.flatMap((id, output) => {
    const text = said.edits?.[id];
    return text === undefined ? [] : [{ output, text }];
  });
  const { ranks, strength } = orderOf(said, completionIds);
  const isOrdered = ranks !== null && countPairs(ranks) > 0;
  return {
    ranks: isOrdered ? ranks : null,
    tied: !isOrdered && countRanked(ranks) > 1 ? ranks : null,
    strength,
    edits,
  };
}

function countRanked(ranks: readonly (number | null)[] | null): number {
  return ranks?.filter((rank) => rank !== null).length ?? 0;
}

/** Pairs of outputs of which one is preferred. */
export function countPairs(ranks: readonly (number | null)[]): number {
  let pairs = 0;
  for (const [i, first] of ranks.entries()) {
    for (const second of ranks.slice(i + 1)) {
      if (first !== null && second !== null && first !== second) pairs += 1;
    }
  }
  return pairs;
}

function orderOf(
  said: Said,
  completionIds: readonly string[],
): { ranks: (number | null)[] | null; strength: number | null } {
  const { ranks, strength, scores, shownOrder } = said;
  if (ranks !== null) return { ranks: completionIds.map((id) => ranks[id] ?? null), strength: null };
  if (strength !== null) {
    // Negative prefers the one shown first.
    const [first] = shownOrder;
    const better = strength < 0 ? 1 : 2;
    const rankOf = (id: string) => (strength === 0 ? 1 : id === first ? better : 3 - better);
    return { ranks: completionIds.map(rankOf), strength: strength === 0 ? null : Math.abs(strength) };
  }
  if (scores !== null)
    return { ranks: ranksOfScores(completionIds.map((id) => scores[id]?.[OVERALL])), strength: null };
  return { ranks: null, strength: null };
}

/** The highest score ranks 1; ranks are dense. */
function ranksOfScores(scores: readonly (number | undefined)[]): (number | null)[] {
  const distinct = [...new Set(scores.filter((score) => score !== undefined))].sort((a, b) => b - a);
  return scores.map((score) => (score === undefined ? null : distinct.indexOf(score) + 1));
}
