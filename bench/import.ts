import { createReadStream, existsSync } from 'node:fs';
import path from 'node:path';
import { ImportView } from '@rankloop/contracts';
import { createProject } from '@rankloop/testkit';
import { learnFromImport } from './datasets/learn-from-import.ts';
import { makeToken, peakMegabytes, transfer } from './datasets/transfer.ts';
import { treeCpuMs } from './labeling/process-cpu.ts';
import { type BenchServer, startBenchServer } from './labeling/server.ts';
import { makeText } from './labeling/world.ts';
import { atLeast, atMost, between } from './lib/bar.ts';
import { type Report, startReport } from './lib/report.ts';

/**
 * Whole files over HTTP into a production build on an embedded PostgreSQL: public files of human judgements where they
 * are at hand, with a reward model trained on them, and 20,000 generated tasks. `--data FOLDER` says where the public files are.
 */
const TASKS = 20_000;
const dataFolder = readDataFolder();
const PUBLIC_FILES = ['hh-harmless-pairs.jsonl.gz', 'oasst-trees.jsonl.gz'];

const report = startReport({ name: 'import' });
const server = await startBenchServer();
try {
  await measureGenerated(server, report);
  for (const name of PUBLIC_FILES) {
    const file = path.join(dataFolder, name);
    if (existsSync(file)) await measureFile(server, report, name, createReadStream(file));
    else console.log(`${file} is not here: left out.`);
  }
  report.add({ figure: 'peak memory of the server', unit: 'MB', value: peakMegabytes(server.apiPid()) });
} finally {
  await server.close();
}
report.finish();

function readDataFolder(): string {
  const at = process.argv.indexOf('--data');
  return at === -1 ? path.resolve('..', 'shared', 'data') : (process.argv[at + 1] ?? '.');
}

async function measureGenerated(server: BenchServer, report: Report): Promise<void> {
  async function* rows(): AsyncGenerator<Buffer> {
    for (let i = 0; i < TASKS; i++) {
      const responses = [0, 1, 2, 3].map((k) => makeText(i * 4 + k, 180, 220));
      const row = { id: `task-${i}`, prompt: `${i} ${makeText(i, 85, 105)}`, responses };
      yield Buffer.from(`${JSON.stringify(row)}\n`);
    }
  }
  const cpu = () => [treeCpuMs(server.apiPid()), treeCpuMs(server.postgresPid)] as const;
  const [apiBefore, postgresBefore] = cpu();
  const done = await upload(server, 'generated.jsonl', rows());
  const [apiAfter, postgresAfter] = cpu();
  const rival = { name: 'doccano 1.8.4', value: 5.6, source: 'recorded' as const };
  report.add({ figure: '20,000 tasks: time', unit: 's', value: done.seconds, bar: atMost(10), rival });
  // Says on a busy machine, too, what the import costs.
  const cpuFigure = (of: string, ms: number) =>
    report.add({ figure: `20,000 tasks: CPU, ${of}`, unit: 's', value: ms / 1000 });
  cpuFigure('server', apiAfter - apiBefore);
  cpuFigure('PostgreSQL', postgresAfter - postgresBefore);
  report.add({
    figure: '20,000 tasks: tasks',
    unit: 'tasks',
    value: done.view.tasksCreated,
    bar: between(TASKS, TASKS),
  });
}

async function measureFile(
  server: BenchServer,
  report: Report,
  name: string,
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  const { view, seconds, projectId } = await upload(server, name, body);
  report.add({ figure: `${name}: tasks`, unit: 'tasks', value: view.tasksCreated, bar: atLeast(1) });
  report.add({ figure: `${name}: judgements`, unit: 'rows', value: view.judgementsCreated, bar: atLeast(1) });
  report.add({ figure: `${name}: bad lines`, unit: 'lines', value: view.badLines, bar: atMost(0) });
  report.add({ figure: `${name}: time`, unit: 's', value: seconds });

  const learned = await learnFromImport(server.db, projectId);
  const add = (figure: string, unit: string, value: number) =>
    report.add({ figure: `${name}: ${figure}`, unit, value });
  report.add({
    figure: `${name}: pairs learned from`,
    unit: 'pairs',
    value: learned.trainPairs,
    bar: atLeast(1),
  });
  add('held-out pairs', 'pairs', learned.heldOutPairs);
  add('held-out accuracy', 'share', learned.heldOutAccuracy?.value ?? Number.NaN);
  add('held-out accuracy, low end of 95 %', 'share', learned.heldOutAccuracy?.low ?? Number.NaN);
  add('held-out accuracy, high end of 95 %', 'share', learned.heldOutAccuracy?.high ?? Number.NaN);
}

async function upload(server: BenchServer, name: string, body: AsyncIterable<Uint8Array>) {
  const { project } = await createProject(server.db.prisma, { overlap: 3 });
  const token = await makeToken(server.db, { projectId: project.id, role: 'admin', scopes: ['import'] });
  const query = `fileName=${name}&withJudgements=true`;
  const url = `${server.origin}/api/v1/projects/${project.id}/imports?${query}`;
  const { status, seconds, text } = await transfer({ method: 'POST', url, token, body });
  if (status !== 201) throw new Error(`The import answered ${status}: ${text}`);
  const view = ImportView.parse(JSON.parse(text));
  if (view.state !== 'succeeded') throw new Error(`The import ended ${view.state}: ${view.reason ?? ''}`);
  return { view, seconds, projectId: project.id };
}
