import type { Prisma } from '@rankloop/db';
import { sourcesOf } from '../snapshots/create-snapshot.ts';

export interface JudgementCounts {
  judgements: number;
  prompts: number;
}

/** Judgements in force that say something, and the prompts that they are about. */
export async function countUsefulJudgements(
  reader: Pick<Prisma.TransactionClient, '$queryRaw'>,
  project: { id: string; isDemo: boolean },
): Promise<JudgementCounts> {
  const [counts] = await reader.$queryRaw<JudgementCounts[]>`
    SELECT count(*)::integer AS "judgements", count(DISTINCT t."promptId")::integer AS "prompts"
    FROM "judgement" j JOIN "task" t ON t."id" = j."taskId"
    WHERE j."projectId" = ${project.id}::uuid AND j."outcome" = 'ok'
      AND j."source" = ANY(${sourcesOf(project)}::"judgement_source"[])
      AND NOT EXISTS (SELECT 1 FROM "judgement" n WHERE n."leaseId" = j."leaseId" AND n."revision" > j."revision")`;
  return counts ?? { judgements: 0, prompts: 0 };
}

/** Below these, accuracies on held-out prompts are noise. */
const LEAST_JUDGEMENTS = 40;
const LEAST_PROMPTS = 20;

/** What stands in the way of measuring a learning curve, in sentences. */
export function findCurveBlockers({
  judgements,
  prompts,
  hasPolicy,
}: JudgementCounts & { hasPolicy: boolean }): string[] {
  return [
    ...(hasPolicy ? [] : ['The project has no policy in use from which a reward model could begin.']),
    ...(judgements < LEAST_JUDGEMENTS || prompts < LEAST_PROMPTS
      ? [
          `There are ${judgements} judgements of ${prompts} prompts. A learning curve needs ${LEAST_JUDGEMENTS} of ${LEAST_PROMPTS}.`,
        ]
      : []),
  ];
}
