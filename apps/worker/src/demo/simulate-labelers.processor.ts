import type { SimulateLabelersJob, SimulationEventData } from '@rankloop/contracts';
import { emitLiveEvent, findSimulationProgress } from '@rankloop/core';
import type { Db } from '@rankloop/db';
import type { JobHandler } from '@rankloop/jobs';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { repeat } from '../rounds/attempt-life.ts';
import { labelOneTask } from './label-over-http.ts';
import { dropSyntheticTokens, prepareSyntheticLabelers } from './synthetic-labelers.ts';

export interface SimulationOptions {
  db: Db;
  apiOrigin: string;
  logger: Logger;
}

type Progress = Omit<z.infer<typeof SimulationEventData>, 'runId' | 'total'>;

const REPORT_MS = 500;

/**
 * Demo only: synthetic people judge open tasks through the same API as real ones, all at once. A run that lost its worker
 * goes on with what is left of it; one whose worker is shut down stays "running" for the next worker.
 */
export function createSimulationProcessor({
  db,
  apiOrigin,
  logger,
}: SimulationOptions): JobHandler<SimulateLabelersJob> {
  return async (job, { signal: shutdown }) => {
    const { runId, projectId, judgements: total } = job;
    const report = (progress: Progress) =>
      emitLiveEvent(db, { topic: 'simulation', projectId, data: { runId, total, ...progress } });
    const project = await db.prisma.project.findUnique({ where: { id: projectId } });
    if (!project?.isDemo) {
      await report({ done: 0, state: 'failed', message: 'Labelers are simulated in the demo project only.' });
      return;
    }
    const before = await findSimulationProgress(db.pool, job);
    if (before?.isEnded) return;
    const cancelling = new AbortController();
    const signal = AbortSignal.any([shutdown, cancelling.signal]);
    let done = before?.done ?? 0;
    const watch = repeat(REPORT_MS, async () => {
      if (await isCancelled(db, job)) cancelling.abort(new Error('The simulation was cancelled.'));
      else await report({ done, state: 'running' });
    });
    try {
      const labelers = await prepareSyntheticLabelers(db.prisma, projectId);
      let claimed = done;
      await Promise.all(
        labelers.map(async (labeler) => {
          while (!signal.aborted && claimed < total) {
            claimed += 1;
            if (!(await labelOneTask({ apiOrigin, projectId, labeler, signal }))) {
              claimed -= 1;
              return;
            }
            done += 1;
          }
        }),
      );
      await watch.stop();
      if (shutdown.aborted) return;
      const message =
        done < total
          ? `${total} were asked for; no open task wants more of them. A round makes new tasks.`
          : undefined;
      await report({ done, state: signal.aborted ? 'cancelled' : 'done', ...(message && { message }) });
    } catch (error) {
      await watch.stop();
      if (shutdown.aborted) return;
      if (!signal.aborted) logger.error({ err: error, runId }, 'the simulation failed');
      const message = error instanceof Error ? error.message : String(error);
      await report({ done, ...(signal.aborted ? { state: 'cancelled' } : { state: 'failed', message }) });
    } finally {
      await watch.stop();
      await dropSyntheticTokens(db.prisma, projectId);
    }
  };
}

/** The API says so in the stream that pages listen to; rows of it are kept for a day. */
async function isCancelled(db: Db, { runId, projectId }: SimulateLabelersJob): Promise<boolean> {
  const found = await db.pool.query({
    name: 'simulation_cancelled',
    text: `SELECT 1 FROM "live_event" WHERE "topic" = 'simulation' AND "projectId" = $1::uuid
      AND "data"->>'runId' = $2 AND "data"->>'state' = 'cancelled' LIMIT 1`,
    values: [projectId, runId],
  });
  return found.rowCount !== 0;
}
