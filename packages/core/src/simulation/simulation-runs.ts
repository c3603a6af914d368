import type { SimulateLabelersJob, SimulationEventData } from '@rankloop/contracts';
import type { Db } from '@rankloop/db';
import { emitLiveEvent } from '../live/emit-live-event.ts';
import { SIMULATION_STARTED } from './simulation.ts';

/** A run at work tells of itself twice a second; after this long without a word its job is looked for. */
const SILENCE_MS = 10_000;
/** A run that nobody could take up for this long is no longer what somebody waits for. */
const GIVE_UP_MS = 3_600_000;

type Pool = Pick<Db['pool'], 'query'>;

export interface SimulationProgress {
  /** Done, failed or cancelled: a job that comes after all has nothing to do. */
  isEnded: boolean;
  /** Judgements that the run has made, counted in the rows: what a lost worker did is in them. */
  done: number;
}

/** How far a run is, from the events that announce it and the judgements since; null for one that was not announced. */
export async function findSimulationProgress(
  pool: Pool,
  { runId, projectId }: Pick<SimulateLabelersJob, 'runId' | 'projectId'>,
): Promise<SimulationProgress | null> {
  const { rows } = await pool.query<SimulationProgress>({
    name: 'simulation_progress',
    text: `SELECT run."isEnded", (
        SELECT count(*)::integer FROM judgement j
        WHERE j."projectId" = $1 AND j.source = 'synthetic' AND j.revision = 1 AND j."createdAt" >= run.since
      ) AS done
      FROM (
        SELECT min(at) AS since, bool_or(data->>'state' <> 'running') AS "isEnded" FROM live_event
        WHERE topic = 'simulation' AND "projectId" = $1 AND data->>'runId' = $2
      ) run WHERE run.since IS NOT NULL`,
    values: [projectId, runId],
  });
  return rows[0] ?? null;
}

interface SilentRun extends SimulateLabelersJob {
  isOld: boolean;
}

/**
 * Runs that fell silent before their end: their worker was killed, or the queue lost their job. The caller puts each in
 * the queue again, where one that is still there stays once. One that is too old ends with a reason instead.
 */
export async function reconcileSimulations(
  db: Pick<Db, 'pool'>,
  silenceMs = SILENCE_MS,
): Promise<SimulateLabelersJob[]> {
  const { rows } = await db.pool.query<SilentRun>({
    name: 'silent_simulations',
    text: `SELECT run.*, a."actorId" AS "requestedById" FROM (
        SELECT "projectId", data->>'runId' AS "runId", max((data->>'total')::integer) AS judgements,
          min(at) < now() - make_interval(secs => $2) AS "isOld"
        FROM live_event WHERE topic = 'simulation' GROUP BY "projectId", data->>'runId'
        HAVING bool_and(data->>'state' = 'running') AND max(at) < now() - make_interval(secs => $1)
      ) run
      JOIN audit_event a ON a."projectId" = run."projectId" AND a."subjectId" = run."runId"
        AND a.action = '${SIMULATION_STARTED}' AND a."actorId" IS NOT NULL`,
    values: [silenceMs / 1000, GIVE_UP_MS / 1000],
  });
  for (const run of rows.filter(({ isOld }) => isOld)) await giveUp(db, run);
  return rows
    .filter(({ isOld }) => !isOld)
    .map(({ runId, projectId, judgements, requestedById }) => ({
      runId,
      projectId,
      judgements,
      requestedById,
    }));
}

async function giveUp(db: Pick<Db, 'pool'>, run: SimulateLabelersJob): Promise<void> {
  const { runId, projectId, judgements: total } = run;
  const done = (await findSimulationProgress(db.pool, run))?.done ?? 0;
  const message = 'Its worker was lost, and within an hour no other could go on. Simulate again.';
  const data: SimulationEventData = { runId, done, total, state: 'failed', message };
  await emitLiveEvent(db, { topic: 'simulation', projectId, data });
}
