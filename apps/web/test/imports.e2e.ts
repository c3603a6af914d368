import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { FormSpec, ImportFormat } from '@rankloop/contracts';
import { eventually } from '@rankloop/testkit';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMPARISON, press, RANKING } from './desk.ts';
import { startWorld, type World } from './world.ts';

let world: World;
let folder: string;
beforeAll(async () => {
  world = await startWorld();
  folder = await mkdtemp(join(tmpdir(), 'rankloop-import-'));
});
afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

/** An admin of a new, empty project where files are imported. */
async function openImport(form: FormSpec = RANKING) {
  const project = await world.createProject({ form, tasks: [] });
  const { context, page } = await world.signIn(await world.createPerson(project.id, 'admin'));
  await page.goto(`${world.origin}/p/${project.slug}/import`);
  await page.getByRole('button', { name: 'Choose a file' }).waitFor();
  return { project, context, page };
}

const previewOf = (page: Page) => page.getByRole('region', { name: 'What the first rows become' });
const choose = (page: Page, name: string, buffer: Buffer) =>
  page.getByLabel('File to import').setInputFiles({ name, mimeType: 'application/octet-stream', buffer });
const startImport = (page: Page) => page.getByRole('button', { name: 'Import', exact: true }).click();

async function badLinesOf(page: Page, count: number): Promise<[line: string, reason: string][]> {
  await page.getByRole('button', { name: `Show the ${count} bad line${count === 1 ? '' : 's'}` }).click();
  const rows = page.getByRole('region', { name: 'Bad lines' }).locator('tbody tr');
  await expect.poll(() => rows.count()).toBe(count);
  return rows.evaluateAll((all) =>
    all.map((row) => {
      const [line, reason] = Array.from(row.querySelectorAll('td'), (cell) => cell.innerText.trim());
      return [line ?? '', reason ?? ''];
    }),
  );
}

/** Takes a rank from every labeler's first task of a project. */
async function judgeFirst(project: { id: string; slug: string }, ...keys: string[]): Promise<void> {
  const { page, context } = await world.signIn(await world.createPerson(project.id, 'labeler'));
  await page.goto(`${world.origin}/p/${project.slug}/label`);
  await page.getByRole('button', { name: 'Submit' }).waitFor();
  await press(page, ...keys, 'Enter');
  await eventually(() => world.db.prisma.judgement.count({ where: { projectId: project.id } }), {
    what: 'the answer to an imported task',
  });
  await context.close();
}

interface Case {
  format: ImportFormat;
  form: FormSpec;
  lines: readonly string[];
  /** What the page says about some lines before anything is stored. */
  becomes: readonly RegExp[];
  result: string;
  again: string;
  /** Keys that answer one of its tasks; absent where it brings no tasks. */
  keys?: readonly string[];
}

const hh = (question: string, answer: string) => `\n\nHuman: ${question}\n\nAssistant: ${answer}`;
const reply = (id: string, text: string, rank: number | null) => ({
  message_id: id,
  role: 'assistant',
  text,
  rank,
  replies: [],
});

const CASES: readonly Case[] = [
  {
    format: 'prompts',
    form: RANKING,
    lines: [
      JSON.stringify({ id: 'p1', prompt: 'Name three uses of a kettle.' }),
      JSON.stringify({
        messages: [
          { role: 'user', content: 'Hello' },
          { role: 'assistant', content: 'Good day' },
          { role: 'user', content: 'What is steam?' },
        ],
      }),
    ],
    becomes: [/Line 1 becomes one prompt/, /Line 2 becomes a conversation of 3 turns/],
    result: '2 new prompts, 0 new tasks.',
    again: '0 new prompts, 0 new tasks, 2 rows already known.',
  },
  {
    format: 'responses',
    form: RANKING,
    lines: [
      JSON.stringify({
        id: 'r1',
        prompt: 'A line about rain.',
        responses: ['It taps.', 'It falls.', 'Wet.'],
      }),
      JSON.stringify({ prompt: 'A line about snow.', responses: ['White.', { text: 'Soft.', model: 'm' }] }),
    ],
    becomes: [/Line 1 becomes a task: one prompt, 3 outputs/, /Line 2 becomes a task: one prompt, 2 outputs/],
    result: '2 new prompts, 2 new tasks.',
    again: '0 new prompts, 0 new tasks, 2 rows already known.',
    keys: ['1', '2', '0'],
  },
  {
    format: 'hh-pairs',
    form: COMPARISON,
    lines: [
      JSON.stringify({ chosen: hh('Boil an egg?', 'Eight minutes.'), rejected: hh('Boil an egg?', 'No.') }),
      JSON.stringify({ chosen: hh('Tea?', 'Gladly.'), rejected: hh('Tea?', 'Later.') }),
    ],
    becomes: [/Line 1 becomes a task: one prompt, 2 outputs, with human ranks/],
    result: '2 new prompts, 2 new tasks.',
    again: '0 new prompts, 0 new tasks, 2 rows already known.',
    keys: ['2'],
  },
  {
    format: 'oasst-trees',
    form: RANKING,
    lines: [
      JSON.stringify({
        message_tree_id: 't1',
        prompt: {
          message_id: 't1',
          role: 'prompter',
          text: 'What is a heron?',
          replies: [reply('a1', 'A bird.', 0), reply('a2', 'A fish.', 1), reply('a3', 'Unknown.', null)],
        },
      }),
      JSON.stringify({
        message_tree_id: 't2',
        prompt: {
          message_id: 't2',
          role: 'prompter',
          text: 'Is one answer enough?',
          replies: [reply('b1', 'Yes.', 0)],
        },
      }),
    ],
    becomes: [
      /Line 1 becomes a task: one prompt, 3 outputs, with human ranks/,
      /Line 2 becomes nothing: no message has two replies/,
    ],
    result: '1 new prompt, 1 new task.',
    again: '0 new prompts, 0 new tasks, 1 row already known.',
    keys: ['1', '2', '3'],
  },
];

describe.each(CASES)('a file of $format', ({ format, form, lines, becomes, result, again, keys }) => {
  it('says what its rows become, comes in once, and is judged', async () => {
    const { page, project, context } = await openImport(form);
    const plain = Buffer.from(lines.join('\n'));
    await choose(page, `${format}.jsonl`, plain);
    for (const words of becomes) await previewOf(page).getByText(words).waitFor();
    expect(await world.db.prisma.prompt.count({ where: { projectId: project.id } })).toBe(0);
    await startImport(page);
    await page.getByText(result, { exact: true }).waitFor();

    // The same rows, compressed: known.
    await page.getByRole('button', { name: 'Another file' }).click();
    await choose(page, `${format}.jsonl.gz`, gzipSync(plain));
    await previewOf(page).getByText('The file is compressed.').waitFor();
    await startImport(page);
    await page.getByText(again, { exact: true }).waitFor();
    await context.close();
    if (keys) await judgeFirst(project, ...keys);
  });
});

const good = (id: string) => JSON.stringify({ id, prompt: `Prompt ${id}`, responses: ['one', 'two'] });

/** Lines as they come from the wild, the bad ones planted at known numbers. */
const PLANTED = {
  2: '{"prompt": "cut off',
  4: '{"prompt": "x", "responses": ["a", "b"], "__proto__": {"admin": true}}',
  5: '{"prompt": "half a pair \\ud800", "responses": ["a", "b"]}',
  6: '{"prompt": "nul \\u0000 here", "responses": ["a", "b"]}',
  7: '{"prompt": "a NUL \0 as it is", "responses": ["a", "b"]}',
  9: `{"prompt": "${'long '.repeat(1_700_000)}", "responses": ["a", "b"]}`,
  10: '{"prompt": "One rank too few", "responses": ["a", "b"], "ranks": [1]}',
} satisfies Record<number, string>;

it('bad lines are left out by number with the reason, and the good ones come in', async () => {
  const { page, project, context } = await openImport();
  const planted = new Map(Object.entries(PLANTED));
  const lines = Array.from({ length: 11 }, (_, i) => planted.get(String(i + 1)) ?? good(`g${i + 1}`));
  // A byte order mark, and the line ends of another system.
  const file = Buffer.from(`\uFEFF${lines.join('\r\n')}\r\n`);
  await choose(page, 'wild.jsonl.gz', gzipSync(file));
  await previewOf(page).getByText('Prompt g1', { exact: true }).waitFor();
  await previewOf(page)
    .getByText(/Line 4 is left out: The key "__proto__" is not allowed/)
    .waitFor();
  await startImport(page);
  await page.getByText('4 new prompts, 4 new tasks, 7 bad lines left out.').waitFor();
  const bad = await badLinesOf(page, 7);
  expect(bad.map(([line]) => line)).toEqual(Object.keys(PLANTED));
  const reasons = new Map(bad);
  expect(reasons.get('2')).toMatch(/^Not valid JSON/);
  expect(reasons.get('4')).toBe('The key "__proto__" is not allowed');
  expect(reasons.get('5')).toMatch(/half of a surrogate pair/);
  expect(reasons.get('6')).toMatch(/NUL character/);
  expect(reasons.get('7')).toMatch(/^Not valid JSON/);
  expect(reasons.get('9')).toMatch(/the limit is 8/);
  expect(reasons.get('10')).toMatch(/one rank per response/);
  expect(await world.db.prisma.task.count({ where: { projectId: project.id } })).toBe(4);
  await context.close();
});

it('a compressed file that was cut off says so, and what came before the cut is in', async () => {
  const { page, project, context } = await openImport();
  const rows = Array.from({ length: 600 }, (_, i) => good(`${i}-${randomBytes(40).toString('hex')}`));
  const whole = gzipSync(rows.join('\n'));
  await choose(page, 'cut.jsonl.gz', whole.subarray(0, whole.length / 2));
  await previewOf(page).getByText('Line 1 becomes a task').waitFor();
  await startImport(page);
  await page.getByText('cut.jsonl.gz was not read to its end').waitFor();
  await page.getByRole('status').getByText('The gzip data is damaged or cut off').waitFor();
  const tasks = await world.db.prisma.task.count({ where: { projectId: project.id } });
  expect(tasks).toBeGreaterThan(100);
  expect(tasks).toBeLessThan(600);
  await page.getByText(`${tasks} new prompts, ${tasks} new tasks.`).waitFor();
  // The whole file then brings the rest.
  await page.getByRole('button', { name: 'Another file' }).click();
  await choose(page, 'whole.jsonl.gz', whole);
  await startImport(page);
  await page.getByText(`${tasks} rows already known.`).waitFor();
  expect(await world.db.prisma.task.count({ where: { projectId: project.id } })).toBe(600);
  await context.close();
});

it('a file in no known format is refused before anything is stored', async () => {
  const { page, project, context } = await openImport();
  await choose(page, 'notes.jsonl', Buffer.from('{"note": "hello"}\n'));
  await page.getByText('Choose the format that the file is in.').waitFor();
  expect(await page.getByRole('button', { name: 'Import', exact: true }).isDisabled()).toBe(true);
  expect(await world.db.prisma.import.count({ where: { projectId: project.id } })).toBe(0);
  await context.close();
});

it('human ranks in the file become judgements when they are asked for', async () => {
  const { page, project, context } = await openImport();
  const ranked = { id: 'r', prompt: 'Ranked.', responses: ['a', 'b'], ranks: [2, 1] };
  await choose(page, 'ranked.jsonl', Buffer.from([JSON.stringify(ranked), good('plain')].join('\n')));
  await page.getByLabel(/Take ranks and choices/).check();
  await startImport(page);
  await page.getByText('2 new prompts, 2 new tasks, 1 judgement.').waitFor();
  const [judgement] = await world.db.prisma.judgement.findMany({ where: { projectId: project.id } });
  expect(judgement?.source).toBe('imported');
  await context.close();
});

it('an upload that is cancelled midway stops, and says what it has brought', async () => {
  const { page, project, context } = await openImport();
  const path = join(folder, 'slow.jsonl');
  const rows = Array.from({ length: 40_000 }, (_, i) => good(`slow-${i}-${'x'.repeat(60)}`));
  await writeFile(path, rows.join('\n'));
  const line = await context.newCDPSession(page);
  await line.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: 400_000,
  });
  await page.getByLabel('File to import').setInputFiles(path);
  await previewOf(page).getByText('Line 1 becomes a task').waitFor();
  await startImport(page);
  await page.getByText(/[1-9]\d* lines read/).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('The import of slow.jsonl was stopped').waitFor();
  const tasks = await world.db.prisma.task.count({ where: { projectId: project.id } });
  expect(tasks).toBeGreaterThan(0);
  expect(tasks).toBeLessThan(rows.length);
  const count = tasks.toLocaleString('en-GB');
  await page.getByRole('status').getByText(`${count} new prompts, ${count} new tasks.`).waitFor();
  const [run] = await world.db.prisma.import.findMany({ where: { projectId: project.id } });
  expect(run?.state).toBe('cancelled');
  await context.close();
});

it('an upload that is cancelled before its first rows arrived has stored nothing, and says so', async () => {
  const { page, project, context } = await openImport();
  await choose(page, 'early.jsonl', Buffer.from([good('a'), good('b')].join('\n')));
  await previewOf(page).getByText('Line 1 becomes a task').waitFor();
  const line = await context.newCDPSession(page);
  await line.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: 1,
  });
  await startImport(page);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('Nothing was stored.').waitFor();
  expect(await world.db.prisma.task.count({ where: { projectId: project.id } })).toBe(0);
  await context.close();
});
