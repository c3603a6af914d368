import { releaseLeases, type LeaseKey, type Pool } from '@rankloop/db';
import { readLease } from './submit-judgement.ts';

/** Gives an unanswered task back to the queue; an answered one stays as it is. @throws AppError `not_found` */
export async function releaseLease(options: LeaseKey & { pool: Pool }): Promise<void> {
  await readLease(options);
  await releaseLeases(options.pool, options);
}
