import { AppError } from '@rankloop/contracts';
import { renewLeaseRow, type LeaseKey, type Pool } from '@rankloop/db';
import { readLease } from './submit-judgement.ts';

/** Holds a task longer. @throws AppError `not_found`, `conflict` when somebody else has the task by now */
export async function renewLease(options: LeaseKey & { pool: Pool }): Promise<{ expiresAt: string }> {
  await readLease(options);
  const expiresAt = await renewLeaseRow(options.pool, options);
  if (expiresAt) return { expiresAt: expiresAt.toISOString() };
  throw new AppError('conflict', {
    detail: 'Somebody else has this task now. Your answer will still be kept.',
  });
}
