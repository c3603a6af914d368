import { AppError, checkJudgement, type JudgementBody, type SubmitAnswer } from '@rankloop/contracts';
import {
  findJudgementByBody,
  findLease,
  type LeaseKey,
  type LeaseRow,
  type Pool,
  writeJudgement,
} from '@rankloop/db';
import { bodyHash } from './body-hash.ts';
import { getForm } from './form-cache.ts';

export interface SubmitJudgementOptions extends LeaseKey {
  pool: Pool;
  body: JudgementBody;
}

/**
 * Stores the answer to a lease exactly once, however often and on whichever instance it is sent.
 *
 * @throws AppError `not_found` for a lease that is not this person's, `invalid_judgement` with the fields,
 *   `judgement_differs` when another answer is already stored
 */
export async function submitJudgement(options: SubmitJudgementOptions): Promise<SubmitAnswer> {
  const hash = bodyHash(options.body);
  const lease = await readLease(options);
  if (lease.judgementId !== null) return storedAnswer(options, hash);

  const issues = checkJudgement(
    await getForm(options.pool, lease.formVersionId),
    lease.shownOrder,
    options.body,
  );
  if (issues.length > 0)
    throw new AppError('invalid_judgement', { detail: issues[0]?.message ?? '', issues });

  const written = await writeJudgement(options.pool, toRow(options, lease, 1, hash));
  if (written) return toAnswer(written);

  // Another copy of this submit was first: what it stored decides.
  return storedAnswer(options, hash);
}

/** @throws AppError `not_found` */
export async function readLease(options: LeaseKey & { pool: Pool }): Promise<LeaseRow> {
  const lease = await findLease(options.pool, options);
  if (!lease) throw new AppError('not_found', { detail: 'You do not have this task' });
  return lease;
}

/** The stored revision with this very body; a revision made meanwhile does not make a late repeat wrong. */
async function storedAnswer(options: SubmitJudgementOptions, hash: string): Promise<SubmitAnswer> {
  const stored = await findJudgementByBody(options.pool, options.leaseId, hash);
  if (stored) return toAnswer(stored);
  throw new AppError('judgement_differs', { detail: 'Open it from your history to change the answer.' });
}

export function toAnswer(row: {
  id: string;
  revision: number;
  counts: boolean;
  createdAt: Date;
}): SubmitAnswer {
  return {
    judgementId: row.id,
    revision: row.revision,
    counts: row.counts,
    receivedAt: row.createdAt.toISOString(),
  };
}

export function toRow(options: SubmitJudgementOptions, lease: LeaseRow, revision: number, hash: string) {
  const { body } = options;
  return {
    leaseId: options.leaseId,
    labelerId: options.labelerId,
    projectId: options.projectId,
    revision,
    source: lease.labelerKind,
    outcome: body.outcome,
    skipReason: body.skipReason,
    ranks: body.ranks,
    strength: body.strength,
    scores: body.scores,
    flags: body.flags,
    critiques: body.critiques,
    edits: body.edits,
    demonstration: body.demonstration,
    comment: body.comment,
    confidence: body.confidence,
    activeMs: body.activeMs,
    formVersionId: lease.formVersionId,
    guidelineVersionId: lease.guidelineVersionId,
    bodyHash: hash,
  };
}
