import { SCALE_RANGE, type LeasedTask } from '@rankloop/contracts';
import { dimensionsOf, type Draft } from './draft.ts';
import { clear, drop, nudge, place, settle, type Drop, type Places } from './ranking.ts';

/** Everything that a person can do to an answer. */
export type AnswerAction =
  | { type: 'place'; id: string; at: number | null }
  | { type: 'clear'; id: string }
  | { type: 'drop'; id: string; to: Drop }
  | { type: 'nudge'; id: string; direction: 'up' | 'down' }
  | { type: 'toggleUnrankable' }
  | { type: 'strength'; value: number }
  | { type: 'toggleBothBad' }
  | { type: 'score'; id: string; dimension: string; value: number | null }
  | { type: 'toggleFlag'; id: string; flag: string }
  | { type: 'critique'; id: string; text: string }
  | { type: 'edit'; id: string; text: string }
  | { type: 'restore'; id: string }
  | { type: 'demonstration'; text: string }
  | { type: 'comment'; text: string };

/** What an action makes of a draft. An action that the task's form does not know changes nothing. */
export function reduceAnswer(task: LeasedTask, draft: Draft, action: AnswerAction): Draft {
  const { form } = task;
  const shown = task.outputs.map((output) => output.id);
  if ('id' in action && !shown.includes(action.id) && action.id !== 'overall') return draft;
  const ranked = (places: Places): Draft => ({ ...draft, outcome: 'ok', places: settle(places, shown) });
  const allowTies = form.ranking?.allowTies ?? false;
  switch (action.type) {
    case 'place': {
      const outOfRange = action.at !== null && (action.at < 1 || action.at > shown.length);
      if (!form.ranking || outOfRange) return draft;
      return ranked(place(draft.places, action.id, action.at, allowTies));
    }
    case 'clear':
      return form.ranking ? { ...draft, outcome: 'ok', places: clear(draft.places, action.id) } : draft;
    case 'drop':
      if (!form.ranking || (action.to.kind === 'tie' && !allowTies)) return draft;
      return ranked(drop(draft.places, shown, action.id, action.to));
    case 'nudge':
      return form.ranking
        ? ranked(nudge(draft.places, shown, action.id, action.direction, allowTies))
        : draft;
    case 'toggleUnrankable':
      if (!form.ranking) return draft;
      return { ...draft, outcome: draft.outcome === 'unrankable' ? 'ok' : 'unrankable' };
    case 'strength': {
      const { comparison } = form;
      if (!comparison || Math.abs(action.value) > 3 || (action.value === 0 && !comparison.allowTie))
        return draft;
      return { ...draft, outcome: 'ok', strength: action.value };
    }
    case 'toggleBothBad':
      if (!form.comparison?.allowBothBad) return draft;
      return { ...draft, outcome: draft.outcome === 'both_bad' ? 'ok' : 'both_bad' };
    case 'score':
      return withScore(task, draft, action.id, action.dimension, action.value);
    case 'toggleFlag': {
      if (!form.flags?.options.includes(action.flag)) return draft;
      const now = draft.flags[action.id] ?? [];
      const next = now.includes(action.flag)
        ? now.filter((flag) => flag !== action.flag)
        : [...now, action.flag];
      return { ...draft, flags: { ...draft.flags, [action.id]: next } };
    }
    case 'critique':
      return { ...draft, critiques: { ...draft.critiques, [action.id]: action.text } };
    case 'edit':
      return form.correction ? { ...draft, edits: { ...draft.edits, [action.id]: action.text } } : draft;
    case 'restore':
      return {
        ...draft,
        edits: Object.fromEntries(Object.entries(draft.edits).filter(([id]) => id !== action.id)),
      };
    case 'demonstration':
      return form.demonstration ? { ...draft, demonstration: action.text } : draft;
    case 'comment':
      return { ...draft, comment: action.text };
  }
}

function withScore(
  task: LeasedTask,
  draft: Draft,
  id: string,
  dimension: string,
  value: number | null,
): Draft {
  const spec = dimensionsOf(task.form).find((candidate) => candidate.id === dimension);
  if (!spec) return draft;
  const { min, max } = SCALE_RANGE[spec.scale];
  if (value !== null && (value < min || value > max)) return draft;
  const rest = Object.entries(draft.scores[id] ?? {}).filter(([key]) => key !== dimension);
  const own = value === null ? Object.fromEntries(rest) : { ...Object.fromEntries(rest), [dimension]: value };
  const others = Object.entries(draft.scores).filter(([key]) => key !== id);
  return {
    ...draft,
    scores:
      Object.keys(own).length === 0
        ? Object.fromEntries(others)
        : { ...Object.fromEntries(others), [id]: own },
  };
}
