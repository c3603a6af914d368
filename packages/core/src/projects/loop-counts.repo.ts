import type { LoopState } from '@rankloop/contracts';
import type { Db } from '@rankloop/db';

interface Row {
  prompts: number;
  heldOut: number;
  newestPrompt: Date | null;
  outputs: number;
  newestOutput: Date | null;
  openTasks: number;
  openJudgements: number;
  judgements: number;
  people: number;
  sinceLastRound: number;
  today: number;
  newestJudgement: Date | null;
}

// Only first revisions: an edited answer is still one answer.
const COUNTS = `
  SELECT p.*, c.*, t.*, j.*
  FROM
    (SELECT count(*)::int AS prompts, count(*) FILTER (WHERE "heldOut")::int AS "heldOut",
      max("createdAt") AS "newestPrompt" FROM prompt WHERE "projectId" = $1) p,
    (SELECT count(*)::int AS outputs, max("createdAt") AS "newestOutput"
      FROM completion WHERE "projectId" = $1) c,
    (SELECT count(DISTINCT "taskId")::int AS "openTasks", count(*)::int AS "openJudgements"
      FROM slot WHERE "projectId" = $1 AND state <> 'done') t,
    (SELECT count(*)::int AS judgements, count(DISTINCT "labelerId")::int AS people,
      count(*) FILTER (WHERE "createdAt" > $2)::int AS "sinceLastRound",
      count(*) FILTER (WHERE "createdAt" >= $3)::int AS today, max("createdAt") AS "newestJudgement"
      FROM judgement WHERE "projectId" = $1 AND revision = 1) j`;

export interface LoopCountsOptions {
  projectId: string;
  /** When the last round's judgements were frozen. */
  since: Date;
  now: Date;
}

export async function readLoopCounts(
  pool: Pick<Db['pool'], 'query'>,
  { projectId, since, now }: LoopCountsOptions,
): Promise<Pick<LoopState, 'prompts' | 'outputs' | 'judgements'>> {
  const midnight = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()));
  const { rows } = await pool.query<Row>({
    name: 'loop_counts',
    text: COUNTS,
    values: [projectId, since, midnight],
  });
  const row = rows[0];
  if (!row) throw new Error('Counting gave no row.');
  const { sinceLastRound, today, people } = row;
  return {
    prompts: { count: row.prompts, heldOut: row.heldOut, newestAt: iso(row.newestPrompt) },
    outputs: {
      count: row.outputs,
      openTasks: row.openTasks,
      openJudgements: row.openJudgements,
      newestAt: iso(row.newestOutput),
    },
    judgements: {
      count: row.judgements,
      people,
      sinceLastRound,
      today,
      newestAt: iso(row.newestJudgement),
    },
  };
}

function iso(date: Date | null): string | null {
  return date?.toISOString() ?? null;
}
