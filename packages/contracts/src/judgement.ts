import { z } from 'zod';
import { Id } from './common.ts';
import type { FieldIssue } from './errors.ts';
import { SCALE_RANGE, type FormSpec } from './form.ts';

export const JudgementOutcome = z.enum(['ok', 'skipped', 'unrankable', 'both_bad']);
export type JudgementOutcome = z.infer<typeof JudgementOutcome>;

export const SkipReason = z.enum(['unclear', 'no_expertise', 'offensive', 'broken', 'other']);
export type SkipReason = z.infer<typeof SkipReason>;

const Text = z.string().max(20_000);

/**
 * The body of a submit. Maps are keyed by completion id, never by position, so a shuffled order cannot be misread.
 * Ranks: 1 is best, equal ranks tie, null is not ranked; ranks in use are dense (1..m without a gap).
 * Strength: -3..3, negative prefers the first shown output, 0 means about the same.
 */
export const JudgementBody = z.strictObject({
  outcome: JudgementOutcome,
  skipReason: SkipReason.optional(),
  ranks: z.record(Id, z.number().int().min(1).max(16).nullable()).optional(),
  strength: z.number().int().min(-3).max(3).optional(),
  scores: z.record(Id, z.record(z.string().max(40), z.number())).optional(),
  flags: z.record(Id, z.array(z.string().max(60)).max(12)).optional(),
  critiques: z.record(z.union([Id, z.literal('overall')]), Text).optional(),
  edits: z.record(Id, Text).optional(),
  demonstration: Text.optional(),
  comment: Text.optional(),
  confidence: z.number().int().min(1).max(5).optional(),
  /** Milliseconds with the page visible and the person active. */
  activeMs: z.number().int().min(0).max(86_400_000),
});
export type JudgementBody = z.infer<typeof JudgementBody>;

/**
 * What is missing or wrong in a judgement, as field issues; empty means it may be sent.
 * The same rules run in the browser (to say what is missing) and in the server (to refuse).
 *
 * @param shownOrder completion ids in the order shown to the labeler
 */
export function checkJudgement(
  form: FormSpec,
  shownOrder: readonly string[],
  body: JudgementBody,
): FieldIssue[] {
  const issues: FieldIssue[] = [...checkIds(shownOrder, body)];
  if (body.outcome === 'skipped') {
    if (body.skipReason === undefined) issues.push({ path: '/skipReason', message: 'Say why you skip' });
    return issues;
  }
  if (body.outcome === 'both_bad' && !form.comparison?.allowBothBad) {
    issues.push({ path: '/outcome', message: 'This form has no "both bad"' });
  }
  if (body.outcome === 'unrankable' && !form.ranking) {
    issues.push({ path: '/outcome', message: 'This form has no "none can be ranked"' });
  }
  const isOk = body.outcome === 'ok';
  if (form.ranking) issues.push(...(isOk ? checkRanks(form.ranking, shownOrder, body) : []));
  else if (body.ranks) issues.push({ path: '/ranks', message: 'This form asks for no ranking' });
  if (form.comparison) issues.push(...(isOk ? checkComparison(form.comparison, shownOrder, body) : []));
  else if (body.strength !== undefined)
    issues.push({ path: '/strength', message: 'This form asks for no comparison' });
  issues.push(...checkScores(form, shownOrder, body), ...checkFlags(form, body), ...checkTexts(form, body));
  return issues;
}

function checkIds(shownOrder: readonly string[], body: JudgementBody): FieldIssue[] {
  const shown = new Set(shownOrder);
  const maps = {
    ranks: body.ranks,
    scores: body.scores,
    flags: body.flags,
    critiques: body.critiques,
    edits: body.edits,
  };
  return Object.entries(maps).flatMap(([field, map]) =>
    Object.keys(map ?? {})
      .filter((id) => !shown.has(id) && !(field === 'critiques' && id === 'overall'))
      .map((id) => ({ path: `/${field}/${id}`, message: 'This output does not belong to the task' })),
  );
}

function checkRanks(
  ranking: NonNullable<FormSpec['ranking']>,
  shownOrder: readonly string[],
  body: JudgementBody,
): FieldIssue[] {
  const ranks = body.ranks;
  if (!ranks) return [{ path: '/ranks', message: 'Rank the outputs' }];
  const missing = shownOrder.filter((id) => ranks[id] === undefined);
  if (missing.length > 0) {
    return missing.map((id) => ({ path: `/ranks/${id}`, message: 'Give a rank, or null for "not ranked"' }));
  }
  const used = shownOrder.map((id) => ranks[id]).filter((rank): rank is number => typeof rank === 'number');
  const distinct = [...new Set(used)].sort((a, b) => a - b);
  if (used.length < 2)
    return [{ path: '/ranks', message: 'Rank at least two outputs, or say that none can be ranked' }];
  if (distinct.some((rank, i) => rank !== i + 1)) {
    return [{ path: '/ranks', message: `Ranks must be 1 to ${distinct.length} without a gap` }];
  }
  const issues: FieldIssue[] = [];
  if (!ranking.allowTies && distinct.length < used.length)
    issues.push({ path: '/ranks', message: 'Ties are not allowed here' });
  if (!ranking.allowPartial && used.length < shownOrder.length)
    issues.push({ path: '/ranks', message: 'Rank every output' });
  return issues;
}

function checkComparison(
  comparison: NonNullable<FormSpec['comparison']>,
  shownOrder: readonly string[],
  body: JudgementBody,
): FieldIssue[] {
  if (shownOrder.length !== 2)
    return [{ path: '/strength', message: 'A comparison needs exactly two outputs' }];
  if (body.strength === undefined) return [{ path: '/strength', message: 'Say which one is better' }];
  if (body.strength === 0 && !comparison.allowTie)
    return [{ path: '/strength', message: 'A tie is not allowed here' }];
  return [];
}

function checkScores(form: FormSpec, shownOrder: readonly string[], body: JudgementBody): FieldIssue[] {
  const dimensions = form.ratings?.dimensions ?? [];
  const known = new Map(dimensions.map((d) => [d.id, d]));
  const issues: FieldIssue[] = [];
  for (const [id, scores] of Object.entries(body.scores ?? {})) {
    for (const [dimension, value] of Object.entries(scores)) {
      const spec = known.get(dimension);
      const path = `/scores/${id}/${dimension}`;
      if (!spec) issues.push({ path, message: 'This form has no such rating' });
      else if (
        !Number.isInteger(value) ||
        value < SCALE_RANGE[spec.scale].min ||
        value > SCALE_RANGE[spec.scale].max
      ) {
        const { min, max } = SCALE_RANGE[spec.scale];
        issues.push({ path, message: `Give a whole number from ${min} to ${max}` });
      }
    }
  }
  if (body.outcome !== 'ok') return issues;
  for (const id of shownOrder) {
    for (const d of dimensions) {
      if (d.required && body.scores?.[id]?.[d.id] === undefined) {
        issues.push({ path: `/scores/${id}/${d.id}`, message: `Rate "${d.label}"` });
      }
    }
  }
  return issues;
}

function checkFlags(form: FormSpec, body: JudgementBody): FieldIssue[] {
  const options = new Set(form.flags?.options ?? []);
  return Object.entries(body.flags ?? {}).flatMap(([id, flags]) =>
    flags
      .filter((flag) => !options.has(flag))
      .map((flag) => ({ path: `/flags/${id}`, message: `There is no flag "${flag}"` })),
  );
}

function checkTexts(form: FormSpec, body: JudgementBody): FieldIssue[] {
  const issues: FieldIssue[] = [];
  if (body.edits && !form.correction)
    issues.push({ path: '/edits', message: 'This form asks for no correction' });
  if (body.outcome !== 'ok') return issues;
  const edits = Object.values(body.edits ?? {});
  if (edits.some((text) => text.trim() === ''))
    issues.push({ path: '/edits', message: 'A correction cannot be empty' });
  const onlyCorrection = form.correction?.required && !form.ranking && !form.comparison && !form.ratings;
  if (onlyCorrection && edits.length === 0 && !body.demonstration) {
    issues.push({ path: '/edits', message: 'Edit the output, or skip' });
  }
  if (form.demonstration?.required && !body.demonstration?.trim()) {
    issues.push({ path: '/demonstration', message: 'Write the ideal answer' });
  }
  return issues;
}
