import { randomUUID } from 'node:crypto';
import { METRICS, ROUND_PRESETS } from '@rankloop/contracts';
import type { Db } from '@rankloop/db';
import { createCheckpoint, createProject } from '@rankloop/testkit';

export interface History {
  projectId: string;
  /** Newest first. */
  roundIds: string[];
  /** Rounds whose reward has `longSteps` points. */
  longRoundIds: string[];
}

export interface HistoryOptions {
  rounds: number;
  /** Steps of every round; each has `NAMES` metrics. */
  steps: number;
  longRounds: number;
  longSteps: number;
}

/** As many as a round of a reward model and PPO records. */
const NAMES = Object.keys(METRICS).slice(0, 25);
export const METRICS_PER_STEP = NAMES.length;
const PROMPTS = 100;
const ROUNDS_PER_BATCH = 50;

/** A project whose rounds have been recorded as training records them, many times faster. */
export async function makeHistory(db: Db, options: HistoryOptions): Promise<History> {
  const { prisma, pool } = db;
  const { project } = await createProject(prisma);
  const projectId = project.id;
  const policy = await createCheckpoint(prisma, { projectId, current: true });
  const roundIds = await makeRounds(db, { projectId, policyId: policy.id, rounds: options.rounds });
  const client = await pool.connect();
  try {
    // What checks and sorts every row as it comes is put back when all are there.
    await client.query('SET session_replication_role = replica');
    await client.query('DROP INDEX "metric_roundId_stage_name_step_key"');
    for (let from = 0; from < roundIds.length; from += ROUNDS_PER_BATCH) {
      const batch = roundIds.slice(from, from + ROUNDS_PER_BATCH);
      await client.query(
        `INSERT INTO "metric" ("roundId", "attempt", "stage", "name", "step", "value")
         SELECT r, 1, 'ppo', n, s, sin(s / 30.0 + length(n)) + random()
         FROM unnest($1::uuid[]) r CROSS JOIN generate_series(1, $2::int) s CROSS JOIN unnest($3::text[]) n`,
        [batch, options.steps, NAMES],
      );
    }
    const longRoundIds = roundIds.slice(0, options.longRounds);
    await client.query(
      `INSERT INTO "metric" ("roundId", "attempt", "stage", "name", "step", "value")
       SELECT r, 1, 'ppo', 'objective/scores', s, sin(s / 300.0) + random()
       FROM unnest($1::uuid[]) r CROSS JOIN generate_series($2::int, $3::int) s`,
      [longRoundIds, options.steps + 1, options.longSteps],
    );
    await client.query(
      'CREATE UNIQUE INDEX "metric_roundId_stage_name_step_key" ON "metric"("roundId", "stage", "name", "step")',
    );
    await client.query('SET session_replication_role = origin');
    await makeSamples(db, projectId, roundIds);
    await client.query('VACUUM ANALYZE "metric", "round", "stage", "round_sample"');
    return { projectId, roundIds, longRoundIds };
  } finally {
    client.release();
  }
}

async function makeRounds(
  { prisma }: Db,
  { projectId, policyId, rounds }: { projectId: string; policyId: string; rounds: number },
): Promise<string[]> {
  const { config } = ROUND_PRESETS.tiny;
  const DAY_MS = 86_400_000;
  const rows = Array.from({ length: rounds }, (_, i) => {
    const at = new Date(Date.now() - (i + 1) * DAY_MS);
    return {
      id: randomUUID(),
      projectId,
      number: rounds - i,
      state: 'succeeded' as const,
      recipe: 'ppo',
      config,
      baseCheckpointId: policyId,
      createdAt: at,
      startedAt: at,
      endedAt: at,
    };
  });
  await prisma.round.createMany({ data: rows });
  await prisma.stage.createMany({
    data: rows.flatMap(({ id: roundId }) =>
      ['snapshot', 'reward', 'ppo', 'sample', 'queue'].map((name, position) => ({
        roundId,
        position,
        name,
        state: 'done' as const,
      })),
    ),
  });
  return rows.map(({ id }) => id);
}

/** Outputs of three policies for the same prompts. */
async function makeSamples({ pool }: Db, projectId: string, roundIds: readonly string[]): Promise<void> {
  await pool.query(
    `INSERT INTO "prompt" ("projectId", "contentHash", "source", "conversation")
     SELECT $1, 'bench-' || i, 'imported', jsonb_build_array(jsonb_build_object('role', 'user', 'content', 'Review ' || i))
     FROM generate_series(1, $2::int) i`,
    [projectId, PROMPTS],
  );
  await pool.query(
    `INSERT INTO "round_sample" ("roundId", "attempt", "policy", "step", "promptId", "text", "score")
     SELECT r, 1, p, CASE p WHEN 'now' THEN 3 ELSE 0 END, q."id", repeat('The kettle boils quickly. ', 8), random()
     FROM unnest($1::uuid[]) r CROSS JOIN unnest('{base,before,now}'::text[]) p CROSS JOIN "prompt" q WHERE q."projectId" = $2`,
    [[...roundIds], projectId],
  );
}
