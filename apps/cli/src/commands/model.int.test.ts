import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createProject, createTestDatabase, programFile, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** Folders that transformers itself has written; one is in shards. */
const FIXTURES = fileURLToPath(new URL('../../../../packages/rl/src/models/fixtures/', import.meta.url));
const VOCABULARY = 23;
const FAMILIES = ['small-gpt2', 'small-llama', 'small-llama3', 'small-qwen2'];

let database: TestDatabase;
let scratch: string;
let slug: string;
let projectId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  scratch = await mkdtemp(path.join(tmpdir(), 'rankloop-cli-models-'));
  ({ slug, id: projectId } = (await createProject(database.db.prisma)).project);
});
afterAll(async () => {
  await database.close();
  await rm(scratch, { recursive: true });
});

interface Ended {
  code: number;
  out: string;
  err: string;
}

/** The command line as people call it. */
function rankloop(...args: string[]): Promise<Ended> {
  const dataDir = path.join(scratch, 'data');
  const env = { PATH: process.env['PATH'], DATABASE_URL: database.url, RANKLOOP_DATA_DIR: dataDir };
  return new Promise((resolve) => {
    execFile(process.execPath, [programFile('cli'), ...args], { env }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err });
    });
  });
}

async function makeFolder(family: string): Promise<string> {
  const folder = path.join(scratch, family);
  await cp(path.join(FIXTURES, family), folder, { recursive: true });
  await rm(path.join(folder, 'expected.json'));
  const vocab = Object.fromEntries(Array.from({ length: VOCABULARY }, (_, id) => [`t${id}`, id]));
  await writeFile(path.join(folder, 'tokenizer.json'), JSON.stringify({ model: { type: 'BPE', vocab } }));
  await writeFile(path.join(folder, 'chat_template.jinja'), `{# of ${family} #}`);
  return folder;
}

test.each(FAMILIES)(
  'a %s that transformers wrote goes in by one command and comes out by another, file for file, with a card',
  { timeout: 240_000 },
  async (family) => {
    const folder = await makeFolder(family);
    const added = await rankloop('model', 'add', folder, '--project', slug, '--promote');
    expect(added).toMatchObject({ code: 0, err: '' });
    expect(added.out).toContain(`${family} was added`);
    const out = path.join(scratch, `${family}-out`);
    const exported = await rankloop('model', 'export', out, '--project', slug);
    expect(exported).toEqual({ code: 0, err: '', out: `${family} was written to ${out}.\n` });
    const files = await readdir(folder);
    expect((await readdir(out)).sort()).toEqual([...files, 'README.md'].sort());
    expect(await readFile(path.join(out, 'README.md'), 'utf8')).toContain('pipeline_tag: text-generation');
    for (const file of files)
      expect(await readFile(path.join(out, file))).toEqual(await readFile(path.join(folder, file)));
  },
);

test('a model is exported by its name, never over a folder that is there, and never when it is damaged', async () => {
  const to = path.join(scratch, 'by-name');
  const exportTo = (folder: string, name: string) =>
    rankloop('model', 'export', folder, '--project', slug, '--checkpoint', name);
  const stranger = await exportTo(to, 'nobody');
  expect(stranger.code).toBe(1);
  expect(stranger.err).toMatch(/no checkpoint called nobody\. There are: .*small-gpt2/);
  expect(await exportTo(to, 'small-gpt2')).toMatchObject({ code: 0 });
  const config: unknown = JSON.parse(await readFile(path.join(to, 'config.json'), 'utf8'));
  expect(config).toMatchObject({ model_type: 'gpt2' });
  expect((await exportTo(to, 'small-llama')).err).toContain('is there already');

  const { id, folder } = await database.db.prisma.checkpoint.findFirstOrThrow({
    where: { projectId, name: 'small-llama' },
  });
  await writeFile(path.join(scratch, 'data', folder, 'model.safetensors'), 'spoilt');
  const damaged = await exportTo(path.join(scratch, 'damaged'), id);
  expect(damaged.err).toContain('model.safetensors of the checkpoint is not what was written');
  expect((await readdir(scratch)).filter((name) => /damaged|unfinished/.test(name))).toEqual([]);
});

test('a folder that cannot be used ends the command with a sentence', async () => {
  const empty = await mkdtemp(path.join(scratch, 'empty-'));
  const refused = await rankloop('model', 'add', empty, '--project', slug);
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toMatch(/^.*has no config\.json\. Save the model with save_pretrained\(folder\)\.\n$/);
});
