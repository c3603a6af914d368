import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { ExportManifest } from '@rankloop/contracts';
import { createProject, createTestDatabase, programFile, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

const FIXTURES = fileURLToPath(new URL('../../../../packages/datasets/src/fixtures/', import.meta.url));

let database: TestDatabase;
let folder: string;
let slug: string;
let projectId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'rankloop-cli-datasets-'));
  const { project } = await createProject(database.db.prisma);
  ({ slug, id: projectId } = project);
});
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

interface Ended {
  code: number;
  out: string;
  err: string;
}

/** The command line as people call it. */
function rankloop(...args: string[]): Promise<Ended> {
  const env = { PATH: process.env['PATH'], DATABASE_URL: database.url, RANKLOOP_DATA_DIR: folder };
  return new Promise((resolve) => {
    execFile(process.execPath, [programFile('cli'), ...args], { env }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err });
    });
  });
}

test(
  'a file goes in, its judgements come out with a manifest, and a second time changes nothing',
  { timeout: 240_000 },
  async () => {
    const file = path.join(FIXTURES, 'hh-pairs.jsonl');
    const first = await rankloop('import', file, '--project', slug, '--with-judgements');
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toMatch(
      /^hh-pairs: \d+ tasks, \d+ prompts, \d+ judgements, 0 already there, \d+ bad lines\.\n/,
    );
    const tasks = await database.db.prisma.task.count({ where: { projectId } });
    expect(tasks).toBeGreaterThan(0);
    const again = await rankloop('import', file, '--project', slug, '--with-judgements');
    expect(again.out).toContain(`0 tasks, 0 prompts, 0 judgements, ${tasks} already there`);

    const out = path.join(folder, 'pairs.jsonl.gz');
    const made = await rankloop(
      'export',
      '--project',
      slug,
      '--format',
      'preference',
      '--gzip',
      '--out',
      out,
    );
    expect(made).toMatchObject({ code: 0, err: '' });
    const rows = gunzipSync(await readFile(out));
    const manifest = ExportManifest.parse(JSON.parse(await readFile(`${out}.manifest.json`, 'utf8')));
    expect(createHash('sha256').update(rows).digest('hex')).toBe(manifest.sha256);
    expect(rows.toString().trimEnd().split('\n')).toHaveLength(tasks);

    const archive = path.join(folder, 'backup.tar.gz');
    const backup = await rankloop('backup', archive);
    expect(backup.code).toBe(0);
    expect(backup.out).toMatch(/\d+ rows of \d+ tables, 0 files\.\n$/);
    const restored = await rankloop('restore', archive, '--replace');
    expect(restored).toMatchObject({ code: 0 });
    expect(restored.out).toMatch(/^Restored the backup of /);
    expect(await database.db.prisma.task.count({ where: { projectId } })).toBe(tasks);
  },
);

test('what cannot be done is one plain sentence', { timeout: 240_000 }, async () => {
  const broken = path.join(folder, 'table.csv');
  await writeFile(broken, 'name,age\n');
  const good = path.join(FIXTURES, 'prompts.jsonl');
  const cases: [args: string[], sentence: string][] = [
    [['import', good, '--project', 'nowhere'], 'There is no project called nowhere.'],
    [['import', path.join(folder, 'absent'), '--project', slug], 'There is no file'],
    [['import', folder, '--project', slug], 'There is no file'],
    [['import', broken, '--project', slug], 'No line looks like a format'],
    [
      ['import', good, '--project', slug, '--format', 'csv'],
      'There is no format called csv. There are: prompts,',
    ],
    [
      ['export', '--project', slug, '--format', 'csv', '--out', 'x'],
      'There is no format called csv. There are: judgements,',
    ],
    [['export', '--project', slug, '--format', 'judgements', '--out', 'no/such/folder'], 'cannot be written'],
    [
      ['export', '--project', slug, '--format', 'judgements', '--out', 'x', '--snapshot', 'last'],
      'last is not the id of a snapshot.',
    ],
    [['restore', broken, '--replace'], 'is not a whole Rankloop backup. Nothing was changed.'],
  ];
  for (const [args, sentence] of cases) {
    const { code, out, err } = await rankloop(...args);
    expect({ code, out }, err).toEqual({ code: 1, out: '' });
    expect(err).toContain(sentence);
    expect(err).not.toMatch(/^\s+at /m);
    expect(err.trim().split('\n').length).toBeLessThanOrEqual(2);
  }
});
