import { SCALE_RANGE, type LeasedTask, type RatingScale } from '@rankloop/contracts';
import type { AnswerAction } from '../answer/answer-reducer.ts';
import { dimensionsOf, type Draft } from '../answer/draft.ts';

/** A set of controls that digits go to while it has the focus. */
export type Group =
  | { kind: 'rank'; id: string }
  | { kind: 'scale' }
  | { kind: 'rate'; id: string; dimension: string }
  /** An output that has nothing for digits, such as one to correct. */
  | { kind: 'output'; id: string };

/** The groups of a task in the order in which a person meets them. */
export function groupsOf(task: LeasedTask): Group[] {
  const { form, outputs } = task;
  const perOutput = outputs.flatMap(({ id }): Group[] => [
    ...(form.ranking ? [{ kind: 'rank', id } as const] : []),
    ...(!form.ranking && form.correction ? [{ kind: 'output', id } as const] : []),
    ...dimensionsOf(form).map((dimension) => ({ kind: 'rate', id, dimension: dimension.id }) as const),
  ]);
  return [...(form.comparison ? [{ kind: 'scale' } as const] : []), ...perOutput];
}

/** A name for `data-group`, by which the element of a group is found. */
export function groupKey(group: Group): string {
  if (group.kind === 'scale') return 'scale';
  return group.kind === 'rate' ? `rate:${group.id}:${group.dimension}` : `${group.kind}:${group.id}`;
}

/** What a digit means for the group that has the focus. */
export function digitAction(task: LeasedTask, group: Group, digit: number): AnswerAction | null {
  switch (group.kind) {
    case 'rank':
      return { type: 'place', id: group.id, at: digit === 0 ? null : digit };
    case 'scale':
      return digit >= 1 && digit <= 7 ? { type: 'strength', value: digit - 4 } : null;
    case 'rate': {
      const scale = dimensionsOf(task.form).find((dimension) => dimension.id === group.dimension)?.scale;
      const value = scale === undefined ? null : scoreOf(scale, digit);
      return value === null ? null : { type: 'score', id: group.id, dimension: group.dimension, value };
    }
    case 'output':
      return null;
  }
}

/** 0 is ten where the scale has ten; thumbs are 1 for up and 0 or 2 for down. */
function scoreOf(scale: RatingScale, digit: number): number | null {
  if (scale === 'thumbs') return digit === 1 ? 1 : digit === 0 || digit === 2 ? 0 : null;
  const value = scale === '1-10' && digit === 0 ? 10 : digit;
  return value >= SCALE_RANGE[scale].min && value <= SCALE_RANGE[scale].max ? value : null;
}

export function clearAction(group: Group): AnswerAction | null {
  if (group.kind === 'rank') return { type: 'clear', id: group.id };
  if (group.kind === 'rate') return { type: 'score', id: group.id, dimension: group.dimension, value: null };
  return null;
}

function isAnswered(draft: Draft, group: Group): boolean {
  switch (group.kind) {
    case 'rank':
      return draft.places[group.id] !== undefined;
    case 'scale':
      return draft.strength !== null;
    case 'rate':
      return draft.scores[group.id]?.[group.dimension] !== undefined;
    case 'output':
      return draft.edits[group.id] !== undefined;
  }
}

/** Where the focus goes after a group was answered: the next open one, going round; else it stays. */
export function nextOpenGroup(task: LeasedTask, draft: Draft, after: Group): Group {
  const groups = groupsOf(task);
  const at = groups.findIndex((group) => groupKey(group) === groupKey(after));
  const rest = [...groups.slice(at + 1), ...groups.slice(0, at)];
  return rest.find((group) => !isAnswered(draft, group)) ?? after;
}

export function neighbourGroup(task: LeasedTask, group: Group, step: 1 | -1): Group {
  const groups = groupsOf(task);
  const at = groups.findIndex((candidate) => groupKey(candidate) === groupKey(group));
  return groups[at + step] ?? group;
}

export function firstOpenGroup(task: LeasedTask, draft: Draft): Group | undefined {
  const groups = groupsOf(task);
  return groups.find((group) => !isAnswered(draft, group)) ?? groups[0];
}
