import { ClaimAnswer, SubmitAnswer } from '@rankloop/contracts';
import { setTimeout as pause } from 'node:timers/promises';
import { Labeler } from './labeler.ts';
import { treeCpuMs } from './process-cpu.ts';
import type { BenchServer } from './server.ts';

export interface LoadResult {
  tasksPerSecond: number;
  claimMs: number[];
  submitMs: number[];
  /** CPU of server and PostgreSQL, per submitted task. */
  serverCpuMsPerTask: number;
  postgresCpuMsPerTask: number;
  /** Lease ids of accepted submits. */
  ledger: string[];
  refused: number;
}

export interface LoadOptions {
  server: BenchServer;
  projectId: string;
  tokens: readonly string[];
  /** At most. */
  seconds: number;
  /** Ends the load before its time. */
  until?: AbortSignal;
  /** Of each person before each answer, spread evenly from half to one and a half of it; 0 by default. */
  thinkMs?: number;
  /** Go on after a dropped connection: the server is being killed on purpose. */
  toleratesFaults?: boolean;
}

/** Labelers without think time: claim, submit, again; until the time is over or nothing is left. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { server, projectId, tokens, seconds } = options;
  const result = { claimMs: [] as number[], submitMs: [] as number[], ledger: [] as string[], refused: 0 };
  const labelers = tokens.map((token) => new Labeler(server.origin, projectId, token));
  const cpu = () => ({ server: treeCpuMs(server.apiPid()), postgres: treeCpuMs(server.postgresPid) });
  const before = cpu();
  const started = performance.now();
  const isOver = () => options.until?.aborted === true || performance.now() - started > seconds * 1000;
  await Promise.all(labelers.map((labeler) => work(labeler, isOver, result, options)));
  const elapsedSeconds = (performance.now() - started) / 1000;
  const after = cpu();
  for (const labeler of labelers) labeler.close();
  const tasks = Math.max(1, result.ledger.length);
  return {
    ...result,
    tasksPerSecond: result.ledger.length / elapsedSeconds,
    serverCpuMsPerTask: (after.server - before.server) / tasks,
    postgresCpuMsPerTask: (after.postgres - before.postgres) / tasks,
  };
}

type Tally = Pick<LoadResult, 'claimMs' | 'submitMs' | 'ledger' | 'refused'>;

async function work(
  labeler: Labeler,
  isOver: () => boolean,
  tally: Tally,
  { toleratesFaults = false, thinkMs = 0 }: LoadOptions,
): Promise<void> {
  // People who read do not all come in the same moment.
  if (thinkMs > 0) await pause(thinkMs * Math.random());
  while (!isOver()) {
    try {
      const claimed = await labeler.claim();
      if (claimed.status !== 200) throw new Error(`claim answered ${claimed.status}`);
      const { task, withOthers } = ClaimAnswer.parse(claimed.body);
      if (!task) {
        if (withOthers === 0) return;
        continue;
      }
      const ids = task.outputs.map((output) => output.id);
      if (thinkMs > 0) await pause(thinkMs * (0.5 + Math.random()));
      const submitted = await labeler.submit(task.leaseId, ids);
      tally.claimMs.push(claimed.ms);
      tally.submitMs.push(submitted.ms);
      if (submitted.status === 200) {
        SubmitAnswer.parse(submitted.body);
        tally.ledger.push(task.leaseId);
      } else tally.refused += 1;
    } catch (error) {
      if (!toleratesFaults) throw error;
      await pause(100);
    }
  }
}

/** The ledger against the rows: what was acknowledged and is not there, tasks over their need, doubled rows. */
export async function audit(server: BenchServer, projectId: string, ledger: readonly string[]) {
  const { rows } = await server.db.pool.query<{
    lost: number;
    over: number;
    doubled: number;
    stored: number;
  }>(
    `SELECT
       (SELECT count(*)::int FROM unnest($2::uuid[]) AS x(id) WHERE NOT EXISTS (SELECT 1 FROM judgement j WHERE j."leaseId" = x.id)) AS lost,
       (SELECT count(*)::int FROM (
          SELECT 1 FROM judgement j JOIN task t ON t.id = j."taskId"
          WHERE j."projectId" = $1 AND j.counts GROUP BY j."taskId", t.need HAVING count(*) > t.need) o) AS over,
       (SELECT count(*)::int FROM (
          SELECT 1 FROM judgement j WHERE j."projectId" = $1 GROUP BY j."taskId", j."labelerId" HAVING count(*) > 1) d) AS doubled,
       (SELECT count(*)::int FROM judgement j WHERE j."projectId" = $1) AS stored`,
    [projectId, ledger],
  );
  return rows[0] ?? { lost: NaN, over: NaN, doubled: NaN, stored: NaN };
}
