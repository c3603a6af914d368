import { startBenchServer } from './labeling/server.ts';
import { atMost } from './lib/bar.ts';
import { startReport } from './lib/report.ts';
import { METRICS_PER_STEP, recordStep, startRunningRound } from './live-page/feed.ts';
import { startPages } from './live-page/pages.ts';
import { openWatchedPage, type Held } from './live-page/watched-page.ts';

/**
 * The page of a running round, open for as many steps as an hour of one a second has: does it hold more and more? The
 * steps come faster than that, through the database, the API's stream and a real browser. `quick` takes a tenth of them.
 */
const STEPS = process.argv.includes('quick') ? 360 : 3600;
/** The page is asked whether it is still with us this often: what comes later must not pile up before it. */
const STEPS_AT_ONCE = 20;
/** From the first of these on the curves are as long as they get. */
const WEIGHED_AT = [1 / 3, 1 / 2, 2 / 3, 5 / 6, 1].map((share) => Math.round((STEPS * share) / 20) * 20);

const report = startReport({ name: 'live-page' });
const pages = await startPages();
const server = await startBenchServer({ webOrigin: pages.origin });
try {
  const round = await startRunningRound(server.db);
  const watched = await openWatchedPage(server, round.projectId);
  try {
    const { page } = watched;
    const reads: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes(`/rounds/${round.roundId}`) && request.resourceType() === 'fetch')
        reads.push(request.url());
    });
    await page.goto(`${server.origin}/p/${round.slug}/rounds/${round.roundId}`);
    await page.getByRole('heading', { name: 'Round 1' }).waitFor();
    const held: Held[] = [];
    const started = performance.now();
    for (let step = 1; step <= STEPS; step++) {
      await recordStep(server.db, round, step, STEPS);
      if (step % STEPS_AT_ONCE === 0)
        await page.getByText(`At step ${step}: `).first().waitFor({ state: 'attached', timeout: 60_000 });
      if (WEIGHED_AT.includes(step)) held.push(await watched.weigh());
    }
    const seconds = (performance.now() - started) / 1000;
    report.add({ figure: 'steps heard live', unit: 'steps', value: STEPS });
    report.add({ figure: 'metric rows', unit: 'rows', value: STEPS * METRICS_PER_STEP });
    report.add({ figure: 'steps a second', unit: 'steps/s', value: STEPS / seconds });
    report.add({ figure: 'reads of the page meanwhile', unit: 'requests', value: reads.length });
    reportGrowth(held);
  } finally {
    await watched.close();
  }
} finally {
  await server.close();
  await pages.close();
}
report.finish();

/** From a third of the way to its end, by the straight line through all weighings: one of them may have come before a redraw. */
function reportGrowth(held: readonly Held[]): void {
  const of = (key: keyof Held) => held.map((one) => one[key]);
  report.add({ figure: 'JavaScript heap', unit: 'MB', value: of('heapMegabytes') });
  report.add({
    figure: 'growth of the heap from a third on',
    unit: 'MB',
    value: riseOf(of('heapMegabytes')),
    bar: atMost(2),
  });
  report.add({ figure: 'nodes', unit: 'nodes', value: of('nodes') });
  report.add({ figure: 'growth of the nodes', unit: 'nodes', value: riseOf(of('nodes')), bar: atMost(100) });
  report.add({ figure: 'listeners', unit: 'listeners', value: of('listeners') });
  report.add({
    figure: 'growth of the listeners',
    unit: 'listeners',
    value: riseOf(of('listeners')),
    bar: atMost(10),
  });
}

/** Least squares over equally spaced values, from the first to the last. */
function riseOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const across = values.reduce((sum, value, i) => sum + (i - middle) * (value - mean), 0);
  const spread = values.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  return (across / spread) * (values.length - 1);
}
