import { thinMetrics } from '@rankloop/core';
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

async function measurePages(of: BenchServer, { projectId, roundIds, longRoundIds }: History): Promise<void> {
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
  /** The first opening is a warm-up; every further one is of other rounds. */
  const measure = async (pathsOf: (run: number) => readonly string[]): Promise<number[]> => {
    const values: number[] = [];
    for (let run = 0; run <= RUNS; run++) values.push(await open(pathsOf(run)));
    return values.slice(1);
  };
  const at = (run: number) => roundIds[(run * 37 + LONG.rounds) % roundIds.length] ?? '';
  const ten = (run: number) => Array.from({ length: 10 }, (_, i) => at(run * 10 + i)).join(',');
  const pageOf = (id: string) => [`/${id}`, `/${id}/metrics`, `/${id}/scores`, `/${id}/samples?limit=6`];

  const spent = () => treeCpuMs(of.postgresPid) + treeCpuMs(of.apiPid());
  const before = spent();
  report.add({
    figure: 'round page, its data',
    unit: 'ms',
    value: await measure((run) => pageOf(at(run))),
    bar: atMost(500),
  });
  report.add({
    figure: 'round page, processor time of server and database',
    unit: 'ms',
    value: (spent() - before) / (RUNS + 1),
  });
  report.add({
    figure: 'page of a round with 30,000 steps',
    unit: 'ms',
    value: await measure((run) => pageOf(longRoundIds[run % longRoundIds.length] ?? '')),
    bar: atMost(500),
  });
  report.add({
    figure: 'overlay of 10 rounds',
    unit: 'ms',
    value: await measure((run) => [`/curves?metric=objective/kl&rounds=${ten(run)}`]),
    bar: atMost(1000),
  });
  report.add({
    figure: 'overlay of 10 rounds, 300,000 points',
    unit: 'ms',
    value: await measure(() => [`/curves?metric=objective/scores&rounds=${longRoundIds.join(',')}`]),
    bar: atMost(1000),
  });
  report.add({
    figure: 'list of rounds',
    unit: 'ms',
    value: await measure(() => ['?limit=30']),
    bar: atMost(500),
  });
  report.add({
    figure: 'outputs of a round, searched and sorted',
    unit: 'ms',
    value: await measure((run) => [`/${at(run)}/samples?limit=6&order=change&search=kettle`]),
    bar: atMost(500),
  });
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
