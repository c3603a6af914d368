import { AppError, type JudgementBody, Message } from '@rankloop/contracts';
import type { Db } from '@rankloop/db';
import { z } from 'zod';
import { toJudgementBody } from './judgement-body.ts';
import { readPseudonyms } from './list-judgements.ts';

export interface JudgementDetail {
  id: string;
  labeler: string;
  source: string;
  counts: boolean;
  createdAt: string;
  conversation: Message[];
  outputs: { id: string; text: string; modelName: string | null }[];
  answer: JudgementBody;
  checkpoints: { id: string; name: string }[];
}

/** One answer as it was seen, and the checkpoints that it taught. @throws AppError `not_found` */
export async function getJudgement(options: {
  db: Pick<Db, 'prisma'>;
  projectId: string;
  judgementId: string;
}): Promise<JudgementDetail> {
  const { prisma } = options.db;
  const row = await prisma.judgement.findFirst({
    where: { id: options.judgementId, projectId: options.projectId },
    include: {
      lease: {
        include: { task: { include: { prompt: true, completions: { include: { completion: true } } } } },
      },
      snapshots: { include: { snapshot: { include: { rounds: { include: { checkpoints: true } } } } } },
    },
  });
  if (!row) throw new AppError('not_found', { detail: 'There is no such judgement in this project' });
  const { task } = row.lease;
  const completions = new Map(task.completions.map(({ completion }) => [completion.id, completion]));
  const people = await readPseudonyms(prisma, options.projectId);
  const taught = row.snapshots.flatMap(({ snapshot }) =>
    snapshot.rounds.flatMap((round) => round.checkpoints),
  );
  return {
    id: row.id,
    labeler: people.get(row.labelerId) ?? 'former member',
    source: row.source,
    counts: row.counts,
    createdAt: row.createdAt.toISOString(),
    conversation: z.array(Message).parse(task.prompt.conversation),
    outputs: row.shownOrder.map((id) => {
      const completion = completions.get(id);
      return { id, text: completion?.text ?? '', modelName: completion?.modelName ?? null };
    }),
    answer: toJudgementBody(row),
    checkpoints: taught.map(({ id, name }) => ({ id, name })),
  };
}
