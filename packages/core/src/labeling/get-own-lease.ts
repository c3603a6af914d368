import { type JudgementBody, type LeasedTask, Message } from '@rankloop/contracts';
import type { Db, LeaseKey } from '@rankloop/db';
import { z } from 'zod';
import { getForm } from './form-cache.ts';
import { toJudgementBody } from './judgement-body.ts';
import { readLease } from './submit-judgement.ts';

export interface OwnLease {
  task: LeasedTask;
  answer: JudgementBody | null;
  revision: number;
  editableUntil: string | null;
}

/** An own task as it was shown, with the answer in force. @throws AppError `not_found` */
export async function getOwnLease(options: LeaseKey & { db: Db }): Promise<OwnLease> {
  const { prisma, pool } = options.db;
  const lease = await readLease({ ...options, pool });
  const task = await prisma.task.findUniqueOrThrow({
    where: { id: lease.taskId },
    include: { prompt: true, completions: { include: { completion: true } } },
  });
  const texts = new Map(task.completions.map(({ completion }) => [completion.id, completion.text]));
  const judgement =
    lease.judgementId === null
      ? null
      : await prisma.judgement.findUnique({ where: { id: lease.judgementId } });
  return {
    task: {
      leaseId: lease.leaseId,
      taskId: lease.taskId,
      expiresAt: lease.expiresAt.toISOString(),
      form: await getForm(pool, lease.formVersionId),
      formVersionId: lease.formVersionId,
      conversation: z.array(Message).parse(task.prompt.conversation),
      outputs: lease.shownOrder.map((id) => ({ id, text: texts.get(id) ?? '' })),
    },
    answer: judgement ? toJudgementBody(judgement) : null,
    revision: lease.revision ?? 0,
    editableUntil: lease.submittedAt
      ? new Date(lease.submittedAt.getTime() + lease.editWindowMs).toISOString()
      : null,
  };
}
