import { storeCurves, thinMetrics } from '@rankloop/core';
import { makeHistory, METRICS_PER_STEP, type History } from './bookkeeping/history.ts';
import { makeToken, transfer } from './datasets/transfer.ts';
import { treeCpuMs } from './labeling/process-cpu.ts';
import { startBenchServer, type BenchServer } from './labeling/server.ts';
import { atLeast, atMost, between } from './lib/bar.ts';
import { startReport } from './lib/report.ts';

/**
 * The researcher's pages over a project of 1,000 rounds with 10 million metric rows: everything that a page asks the API for,
 * over HTTP, from a production build. `quick` makes 50 rounds.
 */
const ROUNDS = process.argv.includes('quick') ? 50 : 1000;
const ROWS_PER_ROUND = 10_000;
const LONG = { rounds: 10, steps: 30_000 };
const RUNS = 15;

const report = startReport({ name: 'bookkeeping' });
const server = await startBenchServer();
try {
  const steps = ROWS_PER_ROUND / METRICS_PER_STEP;
  const history = await makeHistory(server.db, {
    rounds: ROUNDS,
    steps,
    longRounds: LONG.rounds,
    longSteps: LONG.steps,
  });
  const least = ROUNDS * ROWS_PER_ROUND;
  const { rows, megabytes } = await sizeOf(server);
  report.add({ figure: 'rounds', unit: 'rounds', value: ROUNDS, bar: between(ROUNDS, ROUNDS) });
  report.add({ figure: 'metric rows', unit: 'rows', value: rows, bar: atLeast(least) });
  report.add({ figure: 'metric rows with their indexes', unit: 'MB', value: megabytes });
  await measureRunning(server, history);
  await measureStoring(server);
  await measurePages(server, history);
  await measureThinning(server, history);
} finally {
  await server.close();
}
report.finish();

async function sizeOf({ db }: BenchServer): Promise<{ rows: number; megabytes: number }> {
  const [size] = await db.prisma.$queryRaw<{ rows: number; megabytes: number }[]>`
    SELECT count(*)::int AS "rows", pg_total_relation_size('metric')::float8 / 1048576 AS "megabytes" FROM "metric"`;
  return size ?? { rows: 0, megabytes: 0 };
}

/** Asks the API for pages, as one of the project's researchers. */
async function openerOf(of: BenchServer, projectId: string) {
  const token = await makeToken(of.db, { projectId, role: 'researcher', scopes: ['read'] });
  const api = `${of.origin}/api/v1/projects/${projectId}/rounds`;
  /** All requests of a page at once, as a browser sends them. */
  const open = async (paths: readonly string[]): Promise<number> => {
    const started = performance.now();
    const answers = await Promise.all(
      paths.map((path) => transfer({ method: 'GET', url: `${api}${path}`, token })),
    );
    const bad = answers.find(({ status }) => status !== 200);
    if (bad) throw new Error(`The API answered ${bad.status}: ${bad.text}`);
    return performance.now() - started;
  };
  const spent = () => treeCpuMs(of.postgresPid) + treeCpuMs(of.apiPid());
  /** The first opening is a warm-up; every further one is of other rounds. */
  return async (figure: string, bar: number, pathsOf: (run: number) => readonly string[]): Promise<void> => {
    await open(pathsOf(0));
    const before = spent();
    const values: number[] = [];
    for (let run = 1; run <= RUNS; run++) values.push(await open(pathsOf(run)));
    report.add({ figure, unit: 'ms', value: values, bar: atMost(bar) });
    report.add({
      figure: `${figure}: processor time of server and database`,
      unit: 'ms',
      value: (spent() - before) / RUNS,
    });
  };
}

function pageOf(id: string): string[] {
  return [`/${id}`, `/${id}/metrics`, `/${id}/scores`, `/${id}/samples?limit=6`];
}

/** While a round runs its curves are read from its metrics. */
async function measureRunning(of: BenchServer, { projectId, longRoundIds }: History): Promise<void> {
  const measure = await openerOf(of, projectId);
  const longs = longRoundIds.join(',');
  await measure('page of a running round with 30,000 steps', 500, (run) =>
    pageOf(longRoundIds[run % longRoundIds.length] ?? ''),
  );
  await measure('overlay of 10 running rounds, 300,000 points', 1000, () => [
    `/curves?metric=objective/scores&rounds=${longs}`,
  ]);
}

/** What a worker does with each round soon after its end. */
async function measureStoring({ db }: BenchServer): Promise<void> {
  const started = performance.now();
  let all = 0;
  for (;;) {
    const some = await storeCurves(db.prisma, 100);
    if (some === 0) break;
    all += some;
  }
  const each = (performance.now() - started) / all;
  report.add({ figure: 'storing the curves of a round', unit: 'ms', value: each });
}

async function measurePages(of: BenchServer, { projectId, roundIds, longRoundIds }: History): Promise<void> {
  const measure = await openerOf(of, projectId);
  const at = (run: number) => roundIds[(run * 37 + LONG.rounds) % roundIds.length] ?? '';
  const ten = (run: number) => Array.from({ length: 10 }, (_, i) => at(run * 10 + i)).join(',');
  await measure('round page, its data', 500, (run) => pageOf(at(run)));
  await measure('page of a round with 30,000 steps', 500, (run) =>
    pageOf(longRoundIds[run % longRoundIds.length] ?? ''),
  );
  await measure('overlay of 10 rounds', 1000, (run) => [`/curves?metric=objective/kl&rounds=${ten(run)}`]);
  await measure('overlay of 10 rounds, 300,000 points', 1000, () => [
    `/curves?metric=objective/scores&rounds=${longRoundIds.join(',')}`,
  ]);
  await measure('list of rounds', 500, () => ['?limit=30']);
  await measure('outputs of a round, searched and sorted', 500, (run) => [
    `/${at(run)}/samples?limit=6&order=change&search=kettle`,
  ]);
}

/** Old rounds give up what lies between the extremes of their curves. */
async function measureThinning({ db }: BenchServer, { roundIds, longRoundIds }: History): Promise<void> {
  const before = await db.prisma.metric.count({ where: { roundId: { in: longRoundIds } } });
  // The newest rounds are the long ones; all others have fewer points than are kept.
  await db.prisma.round.updateMany({
    where: { id: { in: roundIds.filter((id) => !longRoundIds.includes(id)) } },
    data: { metricsThinnedAt: new Date() },
  });
  const started = performance.now();
  const deleted = await thinMetrics({ prisma: db.prisma, endedBefore: new Date() });
  report.add({
    figure: 'thinning a round with 30,000 steps',
    unit: 'ms',
    value: (performance.now() - started) / LONG.rounds,
  });
  const kept = before - deleted;
  const expected = LONG.rounds * (ROWS_PER_ROUND + 1000);
  report.add({ figure: 'rows left of those rounds', unit: 'rows', value: kept, bar: atMost(expected) });
}
