import { AppError, type AuditAction, SimulationEventData } from '@rankloop/contracts';
import { randomUUID } from 'node:crypto';
import type { Db } from '@rankloop/db';
import { recordAuditEvent, type Actor } from '../audit/record-audit-event.ts';
import { emitLiveEvent } from '../live/emit-live-event.ts';

/** A run that has been silent for longer is taken to have died with its worker. */
const SILENCE = `interval '30 seconds'`;

/** What the audit trail calls the start of a run: by it a lost run is known to be wanted, and by whom. */
export const SIMULATION_STARTED: AuditAction = 'simulation.started';

export interface SimulationOptions {
  db: Pick<Db, 'prisma' | 'pool'>;
  actor: Actor;
  projectId: string;
}

/**
 * Announces a run of the synthetic labelers; its events are its record. The caller has checked that this is
 * the demo, and puts the job in the queue. @throws AppError `conflict` while one is at work
 */
export async function requestSimulation(
  options: SimulationOptions & { judgements: number },
): Promise<{ runId: string }> {
  const { db, actor, projectId, judgements } = options;
  const last = await findRunning(db.pool, projectId);
  if (last?.isFresh) {
    throw new AppError('conflict', { detail: 'The simulated labelers are at work already.' });
  }
  const runId = randomUUID();
  await db.prisma.$transaction(async (tx) => {
    if (last) {
      const message = 'Its worker stopped responding; a new run took its place.';
      await emitLiveEvent(tx, {
        topic: 'simulation',
        projectId,
        data: { ...last.run, state: 'failed', message } satisfies SimulationEventData,
      });
    }
    await recordAuditEvent(tx, actor, {
      action: SIMULATION_STARTED,
      projectId,
      subjectType: 'simulation',
      subjectId: runId,
      detail: { judgements },
    });
    const data: SimulationEventData = { runId, done: 0, total: judgements, state: 'running' };
    await emitLiveEvent(tx, { topic: 'simulation', projectId, data });
  });
  return { runId };
}

/** Asks the run at work to stop, and one that lost its worker not to go on; nothing to do when none is. */
export async function requestSimulationCancel({ db, actor, projectId }: SimulationOptions): Promise<void> {
  const running = await findRunning(db.pool, projectId);
  if (!running) return;
  await db.prisma.$transaction(async (tx) => {
    await recordAuditEvent(tx, actor, {
      action: 'simulation.cancelled',
      projectId,
      subjectType: 'simulation',
      subjectId: running.run.runId,
    });
    const data: SimulationEventData = { ...running.run, state: 'cancelled' };
    await emitLiveEvent(tx, { topic: 'simulation', projectId, data });
  });
}

async function findRunning(
  pool: Pick<Db['pool'], 'query'>,
  projectId: string,
): Promise<{ run: SimulationEventData; isFresh: boolean } | null> {
  const { rows } = await pool.query<{ data: unknown; isFresh: boolean }>(
    `SELECT data, at > now() - ${SILENCE} AS "isFresh" FROM live_event
     WHERE topic = 'simulation' AND "projectId" = $1 ORDER BY id DESC LIMIT 1`,
    [projectId],
  );
  const last = SimulationEventData.safeParse(rows[0]?.data);
  if (!last.success || last.data.state !== 'running') return null;
  return { run: last.data, isFresh: rows[0]?.isFresh ?? false };
}
