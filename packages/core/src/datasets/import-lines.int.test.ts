import type { FormKind, ImportedRow } from '@rankloop/contracts';
import { createMember, createProject, createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cancelImport } from './list-imports.ts';
import { getImportRow, importLines } from './import-lines.ts';
import type { ImportLine } from './import-run.ts';
import { startImport } from './start-import.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

function taskRow(id: string | null, responses: number, ranks: ImportedRow['ranks'] = null): ImportedRow {
  return {
    externalId: id,
    conversation: [{ role: 'user', content: 'Write a line about rain.' }],
    useCase: null,
    metadata: {},
    responses: Array.from({ length: responses }, (_, i) => ({
      text: `Line ${i}`,
      modelName: null,
      externalId: null,
    })),
    ranks,
  };
}

const linesOf = (rows: readonly ImportedRow[]): ImportLine[] =>
  rows.map((row, i) => ({
    line: i + 1,
    text: JSON.stringify([row.externalId, row.responses, i]),
    rows: [row],
  }));

async function* stream(lines: readonly ImportLine[]): AsyncGenerator<ImportLine> {
  yield* lines;
}

async function makeProject(form: FormKind = 'ranking', overlap = 2) {
  const { project } = await createProject(database.db.prisma, { form, overlap });
  const admin = await createMember(database.db.prisma, project.id, 'admin');
  return { projectId: project.id, actor: { userId: admin.id } };
}

async function runImport(
  project: Awaited<ReturnType<typeof makeProject>>,
  lines: AsyncIterable<ImportLine>,
  withJudgements = false,
) {
  const { db } = database;
  const options = { fileName: 'rows.jsonl', format: 'responses' as const, withJudgements, totalBytes: null };
  const { row, context } = await startImport({ db, ...project, ...options });
  const requestId = 'request-7';
  await importLines({ db, importId: row.id, context, lines, bytesRead: () => 0, explainFault, requestId });
  return getImportRow(db, project.projectId, row.id);
}

test('the same rows a second time are duplicates, by external id and by the hash of the row', async () => {
  const project = await makeProject();
  const lines = linesOf([taskRow('a', 3), taskRow('b', 2), taskRow(null, 2), taskRow(null, 4)]);
  expect(await runImport(project, stream(lines))).toMatchObject({
    tasksCreated: 4,
    promptsCreated: 1,
    duplicates: 0,
  });
  expect(await runImport(project, stream(lines))).toMatchObject({
    tasksCreated: 0,
    promptsCreated: 0,
    duplicates: 4,
  });
  const { prisma } = database.db;
  expect(await prisma.task.count({ where: { projectId: project.projectId } })).toBe(4);
  expect(await prisma.slot.count({ where: { projectId: project.projectId } })).toBe(8);
});

test('a row whose id belongs to something else does not go in, and is named', async () => {
  const project = await makeProject();
  const prompt: ImportedRow = { ...taskRow('p', 0), responses: [] };
  await runImport(project, stream(linesOf([taskRow('a', 2), taskRow('b', 2), prompt])));
  const other = { conversation: [{ role: 'user' as const, content: 'Another question.' }] };
  const again = [
    taskRow('a', 3),
    { ...taskRow('b', 2), ...other },
    // The same id twice in one file.
    taskRow('c', 2),
    taskRow('c', 4),
    { ...prompt, ...other },
    prompt,
    taskRow('a', 2, [1, 2]),
  ];
  const done = await runImport(project, stream(linesOf(again)));
  expect(done).toMatchObject({ state: 'succeeded', tasksCreated: 1, duplicates: 2, badLines: 4 });
  const errors = await database.db.prisma.importError.findMany({
    where: { importId: done.id },
    orderBy: { id: 'asc' },
  });
  expect(errors.map(({ line, code }) => [line, code])).toEqual(
    [1, 2, 4, 5].map((line) => [line, 'id_taken']),
  );
  expect(errors[0]?.message).toContain('The project has the id "a" already');
});

test('two imports of one file at once make each task once', async () => {
  const project = await makeProject();
  const lines = linesOf(Array.from({ length: 600 }, (_, i) => taskRow(i % 2 === 0 ? `row-${i}` : null, 2)));
  const [one, two] = await Promise.all([
    runImport(project, stream(lines)),
    runImport(project, stream(lines)),
  ]);
  expect(one.tasksCreated + two.tasksCreated).toBe(600);
  expect(one.duplicates + two.duplicates).toBe(600);
  expect(await database.db.prisma.task.count({ where: { projectId: project.projectId } })).toBe(600);
});

test('bad lines are kept by number with the reason, and the good ones go in', async () => {
  const project = await makeProject();
  const problem = { code: 'not_json', message: 'Not valid JSON', excerpt: '{"a' };
  const lines: ImportLine[] = [...linesOf([taskRow('a', 2)]), { line: 2, problem }, { line: 3, problem }];
  const done = await runImport(project, stream(lines));
  expect(done).toMatchObject({ state: 'succeeded', tasksCreated: 1, badLines: 2, linesRead: 3 });
  const errors = await database.db.prisma.importError.findMany({
    where: { importId: done.id },
    orderBy: { line: 'asc' },
  });
  expect(errors.map(({ line, code }) => [line, code])).toEqual([
    [2, 'not_json'],
    [3, 'not_json'],
  ]);
});

test('the audit trail says what came of an import, and who sent it', async () => {
  const project = await makeProject();
  const { id } = await runImport(
    project,
    stream(linesOf([taskRow('a', 2), taskRow('a', 2), taskRow('a', 3)])),
  );
  const trail = await database.db.prisma.auditEvent.findMany({
    where: { subjectId: id },
    orderBy: { id: 'asc' },
  });
  expect(trail.map(({ action }) => action)).toEqual(['import.started', 'import.ended']);
  expect(trail[1]).toMatchObject({
    actorId: project.actor.userId,
    requestId: 'request-7',
    detail: {
      fileName: 'rows.jsonl',
      outcome: 'succeeded',
      linesRead: 3,
      tasksCreated: 1,
      duplicates: 1,
      badLines: 1,
    },
  });
});

test('a comparison project refuses rows with three outputs, by line', async () => {
  const project = await makeProject('comparison');
  const done = await runImport(project, stream(linesOf([taskRow('a', 2), taskRow('b', 3)])));
  expect(done).toMatchObject({ tasksCreated: 1, badLines: 1 });
});

test('human ranks in the file become judgements of an imported labeler only when asked', async () => {
  const row = taskRow('a', 3, [1, 2, 2]);
  const without = await makeProject();
  expect(await runImport(without, stream(linesOf([row])))).toMatchObject({ judgementsCreated: 0 });

  const project = await makeProject();
  expect(await runImport(project, stream(linesOf([row])), true)).toMatchObject({ judgementsCreated: 1 });
  const judgement = await database.db.prisma.judgement.findFirstOrThrow({
    where: { projectId: project.projectId },
    include: { lease: { select: { labeler: true } } },
  });
  expect(judgement).toMatchObject({
    source: 'imported',
    outcome: 'ok',
    counts: false,
    lease: { labeler: { kind: 'imported' } },
  });
  expect(Object.values(judgement.ranks ?? {}).sort()).toEqual([1, 2, 2]);
  expect(
    await database.db.prisma.slot.count({ where: { projectId: project.projectId, state: 'free' } }),
  ).toBe(2);
});

test('a cancelled import stops before its next batch and keeps what is in', async () => {
  const project = await makeProject();
  const { db } = database;
  async function* cancelledMidway(): AsyncGenerator<ImportLine> {
    const lines = linesOf(Array.from({ length: 1000 }, (_, i) => taskRow(`row-${i}`, 2)));
    yield* lines.slice(0, 600);
    // A batch is stored while the next one is read: cancel when the first is in.
    await expect
      .poll(() => db.prisma.task.count({ where: { projectId: project.projectId } }))
      .toBeGreaterThan(0);
    const { id } = await db.prisma.import.findFirstOrThrow({ where: { projectId: project.projectId } });
    await cancelImport({ db, projectId: project.projectId, importId: id });
    yield* lines.slice(600);
  }
  expect(await runImport(project, cancelledMidway())).toMatchObject({ state: 'cancelled' });
  const tasks = await db.prisma.task.count({ where: { projectId: project.projectId } });
  expect(tasks).toBeGreaterThanOrEqual(500);
  expect(tasks).toBeLessThan(1000);
});

test('an import that was cancelled and then cut off ends as cancelled', async () => {
  const project = await makeProject();
  const { db } = database;
  async function* cutOff(): AsyncGenerator<ImportLine> {
    yield* linesOf(Array.from({ length: 10 }, (_, i) => taskRow(`row-${i}`, 2)));
    const { id } = await db.prisma.import.findFirstOrThrow({ where: { projectId: project.projectId } });
    await cancelImport({ db, projectId: project.projectId, importId: id });
    throw new FileFault('The upload was cut off');
  }
  await runImport(project, cutOff()).catch(() => undefined);
  const row = await db.prisma.import.findFirstOrThrow({ where: { projectId: project.projectId } });
  expect(row.state).toBe('cancelled');
});

test('labelers hear of new tasks when an import ends', async () => {
  const project = await makeProject();
  const { liveEvent } = database.db.prisma;
  const where = { projectId: project.projectId, topic: 'task' };
  await runImport(project, stream(linesOf([taskRow('a', 2)])));
  expect(await liveEvent.count({ where })).toBe(1);
  await runImport(project, stream(linesOf([taskRow('a', 2)])));
  expect(await liveEvent.count({ where })).toBe(1);
});

class FileFault extends Error {}
const explainFault = (error: unknown) => (error instanceof FileFault ? error.message : undefined);

test('a file that cannot be read on is a failed import that says why and keeps its rows', async () => {
  const project = await makeProject();
  async function* broken(): AsyncGenerator<ImportLine> {
    yield* linesOf(Array.from({ length: 300 }, (_, i) => taskRow(`row-${i}`, 2)));
    throw new FileFault('The gzip data is damaged or cut off');
  }
  await expect(runImport(project, broken())).rejects.toThrow('damaged');
  const row = await database.db.prisma.import.findFirstOrThrow({ where: { projectId: project.projectId } });
  expect(row).toMatchObject({
    state: 'failed',
    reason: 'The gzip data is damaged or cut off. Rows already in stay.',
  });
  expect(await database.db.prisma.task.count({ where: { projectId: project.projectId } })).toBe(300);
});

test('what the database says about a row reaches the log and never the reason of an import', async () => {
  const project = await makeProject();
  // A NUL passes no reader; PostgreSQL refuses it in words of its own.
  const conversation = [{ role: 'user' as const, content: 'A secret of a person' }];
  const bad = { ...taskRow('b', 2), conversation, useCase: 'a\0b' };
  const failing = runImport(project, stream(linesOf([taskRow('a', 2), bad])));
  await expect(failing).rejects.toThrow(/unicode|\\u0000|null/i);
  const row = await database.db.prisma.import.findFirstOrThrow({ where: { projectId: project.projectId } });
  expect(row).toMatchObject({ state: 'failed', tasksCreated: 0 });
  expect(row.reason).toBe(
    'The server could not store the rows near line 2. Import the file again: what is already in stays and is ' +
      "not doubled. The server's log says more under request request-7.",
  );
});

test('a batch is bounded by its size as well as by its rows', async () => {
  const project = await makeProject();
  const { db } = database;
  const long = 'x'.repeat(1_200_000);
  let handedOut = 0;
  let mostAhead = 0;
  async function* lines(): AsyncGenerator<ImportLine> {
    for (const line of linesOf(Array.from({ length: 12 }, (_, i) => taskRow(`long-${i}`, 2)))) {
      const stored = await db.prisma.task.count({ where: { projectId: project.projectId } });
      mostAhead = Math.max(mostAhead, handedOut - stored);
      handedOut += 1;
      yield 'rows' in line ? { ...line, text: line.text + long } : line;
    }
  }
  expect(await runImport(project, lines())).toMatchObject({ tasksCreated: 12 });
  // One line fills a batch, and one batch is being stored while the next one is read.
  expect(mostAhead).toBeLessThanOrEqual(3);
});

test('a task has its slots next to each other, so that people get tasks in the order of the file', async () => {
  const project = await makeProject('ranking', 3);
  await runImport(project, stream(linesOf(Array.from({ length: 40 }, (_, i) => taskRow(`row-${i}`, 2)))));
  const slots = await database.db.prisma.slot.findMany({
    where: { projectId: project.projectId },
    orderBy: { id: 'asc' },
    include: { task: true },
  });
  const expected = Array.from({ length: 40 }, (_, i) => [`row-${i}`, `row-${i}`, `row-${i}`]).flat();
  expect(slots.map(({ task }) => task.externalId)).toEqual(expected);
});
