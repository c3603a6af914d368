import { runRounds } from './training-load/demo-rounds.ts';
import { startBenchServer, type BenchServer } from './labeling/server.ts';
import { runLoad, type LoadOptions } from './labeling/load.ts';
import { makeProject, makeTokens } from './labeling/world.ts';
import { atMost } from './lib/bar.ts';
import { startReport, type Report } from './lib/report.ts';
import { median, quantile } from './lib/statistics.ts';

/**
 * People label while a round of the demo trains on the same processors: what the round costs them, and they the round.
 * Once with people who read for two seconds before they answer, once with people who never pause, who take all the
 * processor time that there is; the latter's round is cancelled after the measurement.
 */
const PEOPLE = 50;
const TASKS = 20_000;
const THINK_MS = 2_000;
const WINDOW_SECONDS = process.argv.includes('--quick') ? 8 : 30;
const MOST_ROUND_SECONDS = 900;

const report = startReport({ name: 'training-load' });
const server = await startBenchServer();
const rounds = await runRounds(server);
try {
  const alone = await rounds.run();
  report.add({
    figure: 'round of the demo, nobody labels',
    unit: 's',
    value: alone.seconds,
    bar: atMost(120),
  });
  await measureThinking(server, report, alone.seconds);
  await measureBusy(server, report);
} finally {
  await rounds.close();
  await server.close();
}
report.finish();

async function measureThinking(server: BenchServer, report: Report, aloneSeconds: number): Promise<void> {
  const people = { ...(await makePeople(server)), thinkMs: THINK_MS };
  const before = await runLoad({ ...people, seconds: WINDOW_SECONDS });
  const end = new AbortController();
  const round = rounds.run().finally(() => end.abort());
  const [during, { seconds }] = await Promise.all([
    runLoad({ ...people, seconds: MOST_ROUND_SECONDS, until: end.signal }),
    round,
  ]);
  const after = await runLoad({ ...people, seconds: WINDOW_SECONDS });
  addLatencies(report, 'reading 2 s', [before, after], during);
  report.add({ figure: 'the same round, 50 people labeling', unit: 's', value: seconds });
  report.add({ figure: 'its slow-down', unit: 'x', value: seconds / aloneSeconds });
}

async function measureBusy(server: BenchServer, report: Report): Promise<void> {
  const people = await makePeople(server);
  const before = await runLoad({ ...people, seconds: WINDOW_SECONDS });
  const training = await rounds.begin();
  const during = await runLoad({ ...people, seconds: WINDOW_SECONDS });
  await training.cancel();
  const after = await runLoad({ ...people, seconds: WINDOW_SECONDS });
  addLatencies(report, 'never pausing', [before, after], during);
}

async function makePeople(server: BenchServer): Promise<LoadOptions> {
  const projectId = await makeProject(server.db, TASKS, 3);
  const tokens = await makeTokens(server.db, projectId, PEOPLE);
  const people = { server, projectId, tokens, seconds: 3 };
  await runLoad(people);
  return people;
}

interface Latencies {
  readonly claimMs: readonly number[];
  readonly submitMs: readonly number[];
}

function addLatencies(report: Report, who: string, idle: readonly Latencies[], during: Latencies): void {
  for (const name of ['claimMs', 'submitMs'] as const) {
    const what = `${name === 'claimMs' ? 'claim' : 'submit'} p95, ${who}`;
    const usual = median(idle.map((load) => quantile(load[name], 0.95)));
    const beside = quantile(during[name], 0.95);
    report.add({ figure: `${what}, nothing trains`, unit: 'ms', value: usual });
    report.add({ figure: `${what}, a round trains`, unit: 'ms', value: beside });
    report.add({ figure: `${what}, ratio`, unit: 'x', value: beside / usual, bar: atMost(1.5) });
  }
}
