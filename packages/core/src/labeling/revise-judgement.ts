import { AppError, checkJudgement, type SubmitAnswer } from '@rankloop/contracts';
import { writeJudgement } from '@rankloop/db';
import { bodyHash } from './body-hash.ts';
import { getForm } from './form-cache.ts';
import { readLease, type SubmitJudgementOptions, toAnswer, toRow } from './submit-judgement.ts';

export interface ReviseJudgementOptions extends SubmitJudgementOptions {
  /** The revision being replaced: a second tab that saw an older one is told so. */
  revision: number;
  now: Date;
}

/**
 * Adds the next revision of an own answer; the earlier ones stay.
 *
 * @throws AppError `not_found`, `edit_window_over`, `conflict` when `revision` is not the newest, `invalid_judgement`
 */
export async function reviseJudgement(options: ReviseJudgementOptions): Promise<SubmitAnswer> {
  const hash = bodyHash(options.body);
  const lease = await readLease(options);
  if (lease.revision === null || lease.submittedAt === null) {
    throw new AppError('conflict', { detail: 'This task has no answer yet. Submit one first.' });
  }
  const isRepeat = lease.revision === options.revision + 1 && lease.bodyHash === hash;
  if (isRepeat && lease.judgementId !== null && lease.counts !== null && lease.judgedAt !== null) {
    return toAnswer({
      id: lease.judgementId,
      revision: lease.revision,
      counts: lease.counts,
      createdAt: lease.judgedAt,
    });
  }
  if (lease.revision !== options.revision) {
    throw new AppError('conflict', { detail: 'This answer was changed in another window. Reload it.' });
  }
  if (options.now.getTime() > lease.submittedAt.getTime() + lease.editWindowMs)
    throw new AppError('edit_window_over');

  const issues = checkJudgement(
    await getForm(options.pool, lease.formVersionId),
    lease.shownOrder,
    options.body,
  );
  if (issues.length > 0)
    throw new AppError('invalid_judgement', { detail: issues[0]?.message ?? '', issues });

  const written = await writeJudgement(options.pool, toRow(options, lease, options.revision + 1, hash));
  if (written) return toAnswer(written);
  throw new AppError('conflict', { detail: 'This answer was changed at the same time. Reload it.' });
}
