import { JudgementBody, type FormSpec, type LeasedTask, type SkipReason } from '@rankloop/contracts';
import { denseRanks, type Places } from './ranking.ts';

/** An answer while it forms: everything that a person did, kept over a reload. */
export interface Draft {
  outcome: 'ok' | 'unrankable' | 'both_bad';
  places: Places;
  strength: number | null;
  scores: Readonly<Record<string, Readonly<Record<string, number>>>>;
  flags: Readonly<Record<string, readonly string[]>>;
  critiques: Readonly<Record<string, string>>;
  edits: Readonly<Record<string, string>>;
  demonstration: string;
  comment: string;
}

export const EMPTY_DRAFT: Draft = {
  outcome: 'ok',
  places: {},
  strength: null,
  scores: {},
  flags: {},
  critiques: {},
  edits: {},
  demonstration: '',
  comment: '',
};

/** The body to send. Untouched parts stay out of it; an edit that changes nothing is none. */
export function toBody(draft: Draft, task: LeasedTask, activeMs: number): JudgementBody {
  const { form, outputs } = task;
  const shown = outputs.map((output) => output.id);
  const ok = draft.outcome === 'ok';
  return JudgementBody.parse({
    outcome: draft.outcome,
    ...(form.ranking && ok && hasRank(draft.places) ? { ranks: denseRanks(draft.places, shown) } : {}),
    ...(form.comparison && ok && draft.strength !== null ? { strength: draft.strength } : {}),
    ...filled('scores', draft.scores),
    ...filled('flags', withoutEmpty(draft.flags)),
    ...filled('critiques', trimmed(draft.critiques)),
    ...filled('edits', changedEdits(draft, task)),
    ...(draft.demonstration.trim() === '' ? {} : { demonstration: draft.demonstration }),
    ...(draft.comment.trim() === '' ? {} : { comment: draft.comment.trim() }),
    activeMs: Math.min(86_400_000, Math.max(0, Math.round(activeMs))),
  });
}

export function skipBody(reason: SkipReason, comment: string, activeMs: number): JudgementBody {
  return JudgementBody.parse({
    outcome: 'skipped',
    skipReason: reason,
    ...(comment.trim() === '' ? {} : { comment: comment.trim() }),
    activeMs: Math.min(86_400_000, Math.max(0, Math.round(activeMs))),
  });
}

/** An answer that was sent, opened again to be changed. */
export function draftOf(body: JudgementBody): Draft {
  return {
    outcome: body.outcome === 'skipped' ? 'ok' : body.outcome,
    places: body.ranks ?? {},
    strength: body.strength ?? null,
    scores: body.scores ?? {},
    flags: body.flags ?? {},
    critiques: body.critiques ?? {},
    edits: body.edits ?? {},
    demonstration: body.demonstration ?? '',
    comment: body.comment ?? '',
  };
}

export function isEmptyDraft(draft: Draft): boolean {
  return JSON.stringify(draft) === JSON.stringify(EMPTY_DRAFT);
}

/** Whether two answers say the same, however long they took. */
export function sameAnswer(a: JudgementBody, b: JudgementBody): boolean {
  return canonical({ ...a, activeMs: 0 }) === canonical({ ...b, activeMs: 0 });
}

/** The dimensions of a form, or none. */
export function dimensionsOf(form: FormSpec) {
  return form.ratings?.dimensions ?? [];
}

function changedEdits(draft: Draft, task: LeasedTask): Record<string, string> {
  const originals = new Map(task.outputs.map((output) => [output.id, output.text]));
  return Object.fromEntries(Object.entries(draft.edits).filter(([id, text]) => originals.get(id) !== text));
}

function hasRank(places: Places): boolean {
  return Object.values(places).some((place) => place !== null);
}

function filled<K extends string, V extends object>(key: K, value: V): Partial<Record<K, V>> {
  const result: Partial<Record<K, V>> = {};
  if (Object.keys(value).length > 0) result[key] = value;
  return result;
}

function withoutEmpty(flags: Draft['flags']): Record<string, readonly string[]> {
  return Object.fromEntries(Object.entries(flags).filter(([, list]) => list.length > 0));
}

function trimmed(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts)
      .map(([id, text]) => [id, text.trim()] as const)
      .filter(([, text]) => text !== ''),
  );
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
