import type { LabelingStats } from '@rankloop/contracts';
import type { Pool } from '@rankloop/db';

/** "Today" is the day in UTC; skips are not counted as done. */
const STATS_SQL = `
SELECT
  (SELECT count(*)::int FROM "lease" l WHERE l."labelerId" = $2::uuid AND l."projectId" = $1::uuid
     AND l."state" IN ('submitted', 'surplus') AND l."submittedAt" >= date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC') AS "doneToday",
  (SELECT count(*)::int FROM "lease" l WHERE l."labelerId" = $2::uuid AND l."projectId" = $1::uuid
     AND l."state" IN ('submitted', 'surplus')) AS "doneTotal",
  (SELECT pr."dailyGoal" FROM "project" pr WHERE pr."id" = $1::uuid) AS "dailyGoal",
  (SELECT count(DISTINCT s."taskId")::int FROM "slot" s WHERE s."projectId" = $1::uuid AND s."isOpen"
     AND (s."state" = 'free' OR s."leaseExpiresAt" <= now() OR s."labelerId" = $2::uuid)
     AND NOT EXISTS (SELECT 1 FROM "lease" l WHERE l."taskId" = s."taskId" AND l."labelerId" = $2::uuid
                       AND l."state" IN ('submitted', 'surplus'))) AS "openForMe"`;

/** Own progress in a project. */
export async function getLabelingStats(options: {
  pool: Pool;
  projectId: string;
  labelerId: string;
}): Promise<LabelingStats> {
  const { rows } = await options.pool.query<LabelingStats>({
    name: 'labeling-stats',
    text: STATS_SQL,
    values: [options.projectId, options.labelerId],
  });
  return rows[0] ?? { doneToday: 0, doneTotal: 0, dailyGoal: null, openForMe: 0 };
}
