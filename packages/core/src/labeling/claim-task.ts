import { type ClaimAnswer, Message } from '@rankloop/contracts';
import { claimSlot, countSlotsWithOthers, type Pool } from '@rankloop/db';
import { z } from 'zod';
import { getForm } from './form-cache.ts';

export interface ClaimTaskOptions {
  pool: Pool;
  projectId: string;
  labelerId: string;
  holding: readonly string[];
  leaseTtlMs: number;
}

/** Gives the labeler a task under a lease, or says that nothing is left and what others still hold. */
export async function claimTask(options: ClaimTaskOptions): Promise<ClaimAnswer> {
  const row = await claimSlot(options.pool, options);
  if (!row) {
    const { withOthers, mayReturnAt } = await countSlotsWithOthers(options.pool, options);
    return { task: null, withOthers, mayReturnAt: mayReturnAt?.toISOString() ?? null };
  }
  return {
    task: {
      leaseId: row.leaseId,
      taskId: row.taskId,
      expiresAt: row.expiresAt.toISOString(),
      form: await getForm(options.pool, row.formVersionId),
      formVersionId: row.formVersionId,
      conversation: z.array(Message).parse(row.conversation),
      outputs: row.outputs,
    },
    withOthers: 0,
    mayReturnAt: null,
  };
}
