import { statfs } from 'node:fs/promises';
import type { Readiness } from '@rankloop/contracts';
import { schemaStatusOf, type Db } from '@rankloop/db';
import { jobCatalog, type Queues } from '@rankloop/jobs';
import type { ApiConfig } from '../env.ts';
import { VERSION } from '../version.ts';

type Check = Readiness['checks'][number];
type Verdict = { ok: boolean; detail: string };

const PATIENCE_MS = 3000;
const WORKER_SILENCE_MS = 30_000;
const MIN_FREE_BYTES = 200 * 1024 * 1024;

export interface ReadinessDeps {
  config: Pick<ApiConfig, 'dataDir' | 'webOrigin'>;
  db: Db;
  queues: Pick<Queues, 'backend' | 'count'>;
}

/** Asks everything this server stands on, all at once, each with a limit of patience. */
export async function checkReadiness(deps: ReadinessDeps): Promise<Readiness> {
  const { config } = deps;
  const checks = await Promise.all([
    check('database', true, async () => {
      await deps.db.pool.query('SELECT 1');
      return { ok: true, detail: 'PostgreSQL answers.' };
    }),
    check('schema', true, async () => {
      const { state, message } = await schemaStatusOf(deps.db.pool);
      return { ok: state === 'current', detail: message };
    }),
    check('queue', true, async () => {
      const { waiting, active } = await deps.queues.count(Object.values(jobCatalog));
      return { ok: true, detail: `The queue answers: ${waiting} waiting, ${active} running.` };
    }),
    check('worker', false, () => checkWorker(deps.db)),
    ...(config.webOrigin === undefined ? [] : [check('web', true, () => checkWeb(config.webOrigin ?? ''))]),
    check('disk', true, () => checkDisk(config.dataDir)),
  ]);
  return { ready: checks.every(({ ok, required }) => ok || !required), version: VERSION, checks };
}

async function check(name: Check['name'], required: boolean, ask: () => Promise<Verdict>): Promise<Check> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Verdict>((resolve) => {
    const detail = `No answer within ${PATIENCE_MS / 1000} seconds.`;
    timer = setTimeout(() => resolve({ ok: false, detail }), PATIENCE_MS);
  });
  try {
    return { name, required, ...(await Promise.race([ask(), late])) };
  } catch {
    // Why exactly is in the log of whatever failed; an open page must not show addresses and passwords.
    return { name, required, ok: false, detail: `The ${name} does not answer.` };
  } finally {
    clearTimeout(timer);
  }
}

async function checkWorker(db: Db): Promise<Verdict> {
  const newest = await db.prisma.workerProcess.findFirst({ orderBy: { seenAt: 'desc' } });
  const silentMs = newest ? Date.now() - newest.seenAt.getTime() : Number.POSITIVE_INFINITY;
  if (silentMs <= WORKER_SILENCE_MS) return { ok: true, detail: 'A worker is up.' };
  return { ok: false, detail: 'No worker is up: rounds wait until one starts.' };
}

async function checkWeb(webOrigin: string): Promise<Verdict> {
  const answer = await fetch(webOrigin, {
    method: 'HEAD',
    redirect: 'manual',
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  return answer.status < 500
    ? { ok: true, detail: 'The page server answers.' }
    : { ok: false, detail: `The page server answers ${answer.status}.` };
}

async function checkDisk(dataDir: string): Promise<Verdict> {
  const { bavail, bsize } = await statfs(dataDir);
  const freeBytes = bavail * bsize;
  const detail = `${(freeBytes / 1e9).toFixed(1)} GB free for checkpoints.`;
  return { ok: freeBytes >= MIN_FREE_BYTES, detail };
}
