import type { Prisma } from '@rankloop/db';
import { sourcesOf } from '../snapshots/create-snapshot.ts';

export interface JudgementCounts {
  /** In force, as a round freezes them. */
  judgements: number;
  /** Of these, neither skipped nor said to be beyond ranking. */
  useful: number;
  /** That the useful ones are about. */
  prompts: number;
}

/** What a learning curve would be measured on. */
export async function countUsefulJudgements(
  reader: Pick<Prisma.TransactionClient, '$queryRaw'>,
  project: { id: string; isDemo: boolean },
): Promise<JudgementCounts> {
  const [counts] = await reader.$queryRaw<JudgementCounts[]>`
    SELECT count(*)::integer AS "judgements", count(*) FILTER (WHERE j."outcome" = 'ok')::integer AS "useful",
      count(DISTINCT t."promptId") FILTER (WHERE j."outcome" = 'ok')::integer AS "prompts"
    FROM "judgement" j JOIN "task" t ON t."id" = j."taskId"
    WHERE j."projectId" = ${project.id}::uuid AND j."source" = ANY(${sourcesOf(project)}::"judgement_source"[])
      AND NOT EXISTS (
        SELECT 1 FROM "labeler_exclusion" e WHERE e."projectId" = j."projectId" AND e."labelerId" = j."labelerId")
      AND NOT EXISTS (SELECT 1 FROM "judgement" n WHERE n."leaseId" = j."leaseId" AND n."revision" > j."revision")`;
  return counts ?? { judgements: 0, useful: 0, prompts: 0 };
}

/** Below these, accuracies on held-out prompts are noise. */
const LEAST_JUDGEMENTS = 40;
const LEAST_PROMPTS = 20;

/** What stands in the way of measuring a learning curve, in sentences. */
export function findCurveBlockers({
  useful,
  prompts,
  hasPolicy,
}: JudgementCounts & { hasPolicy: boolean }): string[] {
  return [
    ...(hasPolicy ? [] : ['The project has no policy in use from which a reward model could begin.']),
    ...(useful < LEAST_JUDGEMENTS || prompts < LEAST_PROMPTS
      ? [
          `There are ${useful} judgements with an answer, of ${prompts} prompts. A learning curve needs ${LEAST_JUDGEMENTS} of ${LEAST_PROMPTS}.`,
        ]
      : []),
  ];
}
