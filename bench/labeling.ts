import { ClaimAnswer } from '@rankloop/contracts';
import { Labeler, makeJudgement } from './labeling/labeler.ts';
import { audit, runLoad } from './labeling/load.ts';
import { type BenchServer, startBenchServer } from './labeling/server.ts';
import { makeProject, makeTokens } from './labeling/world.ts';
import { atMost, between } from './lib/bar.ts';
import { type Report, startReport } from './lib/report.ts';
import { quantile } from './lib/statistics.ts';

/**
 * Many people label at once over HTTP, through the front door of a production build on an embedded PostgreSQL: the
 * scenario in which Label Studio 1.23 used 196 ms of CPU per task. `--quick` is a short look.
 */
const isQuick = process.argv.includes('--quick');
const SECONDS = isQuick ? 8 : 60;
const TASKS = isQuick ? 6000 : 20_000;
const OVERLAP = 3;
const ACCOUNTS = 100;
const LABEL_STUDIO = { 10: 190, 50: 196, 100: 216 } as const;

const report = startReport({ name: 'labeling' });
const server = await startBenchServer();
try {
  await measureLoad(server, report);
  await measurePool(server, report);
  await measureDouble(server, report);
  await measureKill(server, report);
} finally {
  await server.close();
}
report.finish();

async function measureLoad(server: BenchServer, report: Report): Promise<void> {
  for (const people of [10, 50, 100] as const) {
    // A project of its own each time: every N meets the same queue.
    const projectId = await makeProject(server.db, TASKS, OVERLAP);
    const tokens = await makeTokens(server.db, projectId, ACCOUNTS);
    await runLoad({ server, projectId, tokens: tokens.slice(0, people), seconds: 3 });
    const load = await runLoad({ server, projectId, tokens: tokens.slice(0, people), seconds: SECONDS });
    const at = `N = ${people}`;
    const rival = { name: 'Label Studio 1.23.2', value: LABEL_STUDIO[people], source: 'recorded' as const };
    const cpu = load.serverCpuMsPerTask + load.postgresCpuMsPerTask;
    report.add({ figure: `tasks per second, ${at}`, unit: '1/s', value: load.tasksPerSecond });
    report.add({ figure: `CPU per task, ${at}`, unit: 'ms', value: cpu, bar: atMost(1.6), rival });
    report.add({ figure: `CPU per task, server, ${at}`, unit: 'ms', value: load.serverCpuMsPerTask });
    report.add({ figure: `CPU per task, PostgreSQL, ${at}`, unit: 'ms', value: load.postgresCpuMsPerTask });
    const limit = people === 50 ? { bar: atMost(80) } : {};
    report.add({ figure: `claim p50, ${at}`, unit: 'ms', value: quantile(load.claimMs, 0.5) });
    report.add({ figure: `claim p95, ${at}`, unit: 'ms', value: quantile(load.claimMs, 0.95), ...limit });
    report.add({ figure: `submit p50, ${at}`, unit: 'ms', value: quantile(load.submitMs, 0.5) });
    report.add({ figure: `submit p95, ${at}`, unit: 'ms', value: quantile(load.submitMs, 0.95), ...limit });
    await reportAudit(server, report, projectId, load.ledger, at);
  }
}

async function reportAudit(
  server: BenchServer,
  report: Report,
  projectId: string,
  ledger: readonly string[],
  at: string,
): Promise<void> {
  const { lost, over, doubled } = await audit(server, projectId, ledger);
  report.add({ figure: `accepted submits lost, ${at}`, unit: 'rows', value: lost, bar: atMost(0) });
  report.add({ figure: `tasks over their need, ${at}`, unit: 'tasks', value: over, bar: atMost(0) });
  report.add({ figure: `judged twice by one person, ${at}`, unit: 'tasks', value: doubled, bar: atMost(0) });
}

/** Until dry: exactly as many judgements as are needed. */
async function measurePool(server: BenchServer, report: Report): Promise<void> {
  const tasks = 300;
  const projectId = await makeProject(server.db, tasks, OVERLAP);
  const tokens = await makeTokens(server.db, projectId, 50);
  const load = await runLoad({ server, projectId, tokens, seconds: 120 });
  const { stored } = await audit(server, projectId, load.ledger);
  const exact = between(tasks * OVERLAP, tasks * OVERLAP);
  report.add({ figure: 'pool of 300 tasks until dry', unit: 'rows', value: stored, bar: exact });
  await reportAudit(server, report, projectId, load.ledger, 'pool');
}

/** The same body twice at once. */
async function measureDouble(server: BenchServer, report: Report): Promise<void> {
  const tasks = 200;
  const projectId = await makeProject(server.db, tasks, 1);
  const [token = ''] = await makeTokens(server.db, projectId, 1);
  const labeler = new Labeler(server.origin, projectId, token);
  let differing = 0;
  for (let i = 0; i < tasks; i++) {
    const { task } = ClaimAnswer.parse((await labeler.claim()).body);
    if (!task) throw new Error('The double submit ran out of tasks.');
    const body = makeJudgement(task.outputs.map((output) => output.id));
    const send = () => labeler.send('PUT', `/leases/${task.leaseId}/judgement`, body);
    const [one, two] = await Promise.all([send(), send()]);
    if (one.status !== 200 || JSON.stringify(one.body) !== JSON.stringify(two.body)) differing += 1;
  }
  labeler.close();
  const { stored } = await audit(server, projectId, []);
  report.add({
    figure: 'same submit twice at once: rows',
    unit: 'rows',
    value: stored,
    bar: between(tasks, tasks),
  });
  report.add({
    figure: 'same submit twice at once: other answers',
    unit: 'pairs',
    value: differing,
    bar: atMost(0),
  });
}

/** The server is killed in the middle; nothing that it acknowledged may be gone. */
async function measureKill(server: BenchServer, report: Report): Promise<void> {
  const projectId = await makeProject(server.db, isQuick ? 3000 : 12_000, OVERLAP);
  const tokens = await makeTokens(server.db, projectId, 20);
  const seconds = isQuick ? 8 : 40;
  const killAt = isQuick ? 3000 : 12_000;
  const loading = runLoad({ server, projectId, tokens, seconds, toleratesFaults: true });
  await new Promise((resolve) => setTimeout(resolve, killAt));
  await server.killAndRestart(isQuick ? 500 : 2000);
  const load = await loading;
  await reportAudit(server, report, projectId, load.ledger, 'killed');
}
