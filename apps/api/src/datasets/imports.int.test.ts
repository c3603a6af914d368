import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { ImportPreview, ImportView, Problem } from '@rankloop/contracts';
import { createProject, eventually } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Asker, startTestApp, type TestApp } from '../../test/start-test-app.ts';
import { openUpload } from '../../test/upload.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void; // what the flag adds

let app: TestApp;
let admin: Asker;
let projectId: string;
let imports: string;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

/** Tests never meet in one project. */
async function freshProject(): Promise<void> {
  projectId = (await createProject(app.db.prisma)).project.id;
  admin = await app.createMemberAsker(projectId, 'admin');
  imports = `/projects/${projectId}/imports`;
}

const row = (n: number, filling = ''): string =>
  `${JSON.stringify({ id: `row-${n}`, prompt: `Question ${n}? ${filling}`, responses: [`One ${n}`, `Two ${n}`] })}\n`;
const rows = (count: number): string => Array.from({ length: count }, (_, n) => row(n)).join('');
/** What is still in use after collecting what is not. */
function retainedBytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const countTasks = () => app.db.prisma.task.count({ where: { projectId } });

async function send(body: string | Buffer, query = 'fileName=rows.jsonl', path = '') {
  const answer = await app.server.inject({
    method: 'POST',
    url: `/api/v1${imports}${path}?${query}`,
    headers: {
      host: 'rankloop.test',
      origin: 'http://rankloop.test',
      'content-type': 'application/octet-stream',
      ...admin.headers,
    },
    payload: body,
  });
  return answer;
}

test('a file goes in over HTTP, and sending it again changes nothing', async () => {
  await freshProject();
  const first = await send(rows(300));
  expect(first.statusCode).toBe(201);
  expect(ImportView.parse(first.json())).toMatchObject({
    state: 'succeeded',
    format: 'responses',
    tasksCreated: 300,
    duplicates: 0,
    badLines: 0,
  });
  const again = await send(gzipSync(rows(300)), 'fileName=rows.jsonl.gz');
  expect(ImportView.parse(again.json())).toMatchObject({
    state: 'succeeded',
    tasksCreated: 0,
    duplicates: 300,
  });
  expect(await countTasks()).toBe(300);
  const list = await app.send({ path: imports, as: admin });
  expect(list.json<{ items: unknown[] }>().items).toHaveLength(2);
});

test('every look-alike file is recognised, shown and imported', async () => {
  await freshProject();
  for (const format of ['prompts', 'responses', 'hh-pairs', 'oasst-trees'] as const) {
    const url = new URL(`../../../../packages/datasets/src/fixtures/${format}.jsonl`, import.meta.url);
    const bytes = readFileSync(url);
    const preview = ImportPreview.parse((await send(bytes, '', '/preview')).json());
    expect(preview).toMatchObject({ format, compressed: false });
    expect(preview.rows.length).toBeGreaterThan(0);
    const done = ImportView.parse((await send(bytes, `fileName=${format}.jsonl&withJudgements=true`)).json());
    expect(done).toMatchObject({ state: 'succeeded', format });
    expect(done.tasksCreated + done.promptsCreated).toBeGreaterThan(0);
  }
});

test('50 MB stream in with bounded memory', { timeout: 600_000 }, async () => {
  await freshProject();
  const filling = 'x'.repeat(16_000);
  const count = Math.ceil((50 * 1024 * 1024) / row(0, filling).length);
  const upload = await openUpload(app, admin, `${imports}?fileName=large.jsonl`);
  const retained: number[] = [];
  for (let n = 0; n < count; n++) {
    await upload.write(row(n, filling));
    if (n % 500 === 499) retained.push(retainedBytes());
  }
  const { status, body } = await upload.finish();
  expect(status).toBe(201);
  expect(ImportView.parse(body)).toMatchObject({ state: 'succeeded', tasksCreated: count, badLines: 0 });
  expect(retained.length).toBeGreaterThan(5);
  // The engine warms up over the first half; a body that is kept would go on growing.
  expect((retained.at(-1) ?? 0) - (retained[2] ?? 0)).toBeLessThan(20 * 1024 * 1024);
});

test('an upload that is cut off is a failed import that says so and keeps its rows', async () => {
  for (const [name, pack] of [
    ['rows.jsonl', (text: string) => Buffer.from(text)],
    ['rows.jsonl.gz', (text: string) => gzipSync(text).subarray(0, -40)],
  ] as const) {
    await freshProject();
    const upload = await openUpload(app, admin, `${imports}?fileName=${name}`);
    await upload.write(pack(rows(1200)));
    await eventually(async () => (await countTasks()) > 0, { what: 'the first rows' });
    upload.cutOff();
    const failed = await eventually(
      () => app.db.prisma.import.findFirst({ where: { projectId, state: 'failed' } }),
      { what: 'the import to fail' },
    );
    expect(failed.reason).toBe(
      'The upload was cut off before the file had arrived in full. Rows already in stay.',
    );
    expect(failed.endedAt).not.toBeNull();
    expect(failed.tasksCreated).toBe(await countTasks());
    expect(failed.tasksCreated).toBeGreaterThan(0);
  }
});

test('a damaged gzip file is a failed import that says so and keeps its rows', async () => {
  await freshProject();
  const answer = await send(gzipSync(rows(1500)).subarray(0, -40), 'fileName=cut.jsonl.gz');
  expect(ImportView.parse(answer.json())).toMatchObject({
    state: 'failed',
    reason: 'The gzip data is damaged or cut off, so what was read of it may be wrong. Rows already in stay.',
  });
  expect(await countTasks()).toBeGreaterThan(0);
});

test.each([
  ['an empty file', '', 'The file is empty'],
  ['a file of blank lines', '\n\n\n', 'The file is empty'],
  ['a file of another kind', 'name,age\nAda,36\n', 'No line looks like a format'],
  ['an empty gzip file', gzipSync(''), 'The file is empty'],
  ['a gzip file that is none', Buffer.from([0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8]), 'damaged or cut off'],
])('%s is refused in words', async (_name, body, words) => {
  await freshProject();
  const answer = await send(body);
  expect(answer.headers['content-type']).toContain('application/problem+json');
  const problem = Problem.parse(answer.json());
  expect(problem).toMatchObject({ status: 422, code: 'import_unreadable' });
  expect(problem.detail).toContain(words);
  expect(await app.db.prisma.import.count({ where: { projectId } })).toBe(0);
});

test('no body at all, a wrong format and no name are refused in words', async () => {
  await freshProject();
  const bare = await app.send({ method: 'POST', path: `${imports}?fileName=a`, as: admin });
  expect(bare.json()).toMatchObject({ status: 422, code: 'import_unreadable', detail: 'The file is empty' });
  const preview = await app.send({ method: 'POST', path: `${imports}/preview`, as: admin });
  expect(preview.statusCode).toBe(200);
  expect(ImportPreview.parse(preview.json())).toMatchObject({ format: null, rows: [] });
  expect((await send('{}', 'fileName=a&format=csv')).json()).toMatchObject({
    status: 400,
    issues: [{ path: '/format' }],
  });
  expect((await send('{}', '')).json()).toMatchObject({ status: 400, issues: [{ path: '/fileName' }] });
});

test('a preview takes 4 MB and no more', async () => {
  await freshProject();
  const over = await send(Buffer.alloc(4 * 1024 * 1024 + 1, '{}\n'), '', '/preview');
  expect(over.json()).toMatchObject({ status: 413, code: 'too_large' });
  const most = Buffer.alloc(4 * 1024 * 1024, row(1));
  expect(ImportPreview.parse((await send(most, '', '/preview')).json())).toMatchObject({
    format: 'responses',
  });
});

test('a preview of a whole large file is answered, not cut off', async () => {
  await freshProject();
  const upload = await openUpload(app, admin, `${imports}/preview`);
  for (let n = 0; n < 600; n++) await upload.write(row(n, 'x'.repeat(16_000)));
  expect(await upload.finish()).toMatchObject({ status: 413, body: { code: 'too_large' } });
});

test('bad lines are listed by number, page after page', async () => {
  await freshProject();
  const lines = Array.from({ length: 60 }, (_, n) => (n % 2 === 0 ? row(n) : '{"prompt": \n')).join('');
  const done = ImportView.parse((await send(lines)).json());
  expect(done).toMatchObject({ state: 'succeeded', tasksCreated: 30, badLines: 30, linesRead: 60 });
  const seen: number[] = [];
  let cursor: string | null = null;
  do {
    const page: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await app.send({ path: `${imports}/${done.id}/errors?limit=7${page}`, as: admin });
    const body = answer.json<{ items: { line: number; message: string }[]; nextCursor: string | null }>();
    expect(body.items.every(({ message }) => message.length > 0)).toBe(true);
    seen.push(...body.items.map(({ line }) => line));
    cursor = body.nextCursor;
  } while (cursor !== null);
  expect(seen).toEqual(Array.from({ length: 30 }, (_, n) => 2 * n + 2));
});

test('an import that is cancelled while it runs stops and keeps its rows', async () => {
  await freshProject();
  const upload = await openUpload(app, admin, `${imports}?fileName=rows.jsonl`);
  await upload.write(rows(600));
  const { id } = await eventually(
    () => app.db.prisma.import.findFirst({ where: { projectId, tasksCreated: { gt: 0 } } }),
    { what: 'the first rows' },
  );
  const cancelled = await app.send({ method: 'POST', path: `${imports}/${id}/cancel`, as: admin });
  expect(ImportView.parse(cancelled.json())).toMatchObject({ state: 'cancelled' });
  for (let n = 600; n < 1500; n++) await upload.write(row(n));
  const { status, body } = await upload.finish();
  expect(status).toBe(201);
  expect(ImportView.parse(body)).toMatchObject({ id, state: 'cancelled' });
  const tasks = await countTasks();
  expect(tasks).toBeGreaterThanOrEqual(500);
  expect(tasks).toBeLessThan(1500);
  const after = await app.send({ path: `${imports}/${id}`, as: admin });
  expect(ImportView.parse(after.json()).tasksCreated).toBe(tasks);
});

test('disabling a person stops the file that they are sending, and rows already in stay', async () => {
  await freshProject();
  const siteAdmin = await app.createAsker({ siteAdmin: true });
  const upload = await openUpload(app, admin, `${imports}?fileName=rows.jsonl`);
  await upload.write(rows(600));
  await eventually(() => app.db.prisma.import.findFirst({ where: { projectId, tasksCreated: { gt: 0 } } }), {
    what: 'the first rows',
  });
  const disabled = await app.send({ method: 'POST', path: `/users/${admin.userId}/disable`, as: siteAdmin });
  expect(disabled.statusCode).toBe(204);
  for (let n = 600; n < 1500; n++) await upload.write(row(n));
  const { body } = await upload.finish();
  expect(ImportView.parse(body)).toMatchObject({ state: 'cancelled' });
  expect(await countTasks()).toBeLessThan(1500);
});
