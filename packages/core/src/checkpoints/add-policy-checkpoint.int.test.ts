import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProject, createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { draftRound } from '../rounds/index.ts';
import { addPolicyCheckpoint } from './add-policy-checkpoint.ts';
import { findCheckpointDamage } from './checkpoint-files.ts';
import { CheckpointManifest } from './checkpoint-view.ts';
import { makeSmallModel, shardName, type SmallFamily } from './testing/small-model.ts';

let database: TestDatabase;
let scratch: string;
let projectId: string;
let slug: string;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'rankloop-model-'));
  ({ id: projectId, slug } = (await createProject(database.db.prisma)).project);
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

const add = (folder: string, more: { name?: string; promote?: boolean } = {}) =>
  addPolicyCheckpoint({
    prisma: database.db.prisma,
    dataDir: join(scratch, 'data'),
    actor: { userId: null },
    projectId,
    folder,
    ...more,
  });
const currentPolicy = async () =>
  (await database.db.prisma.project.findUniqueOrThrow({ where: { id: projectId } })).currentPolicyId;
const storedFolders = async () =>
  (await readdir(join(scratch, 'data', 'checkpoints'))).filter((name) => name !== 'unfinished');

test('a project without a policy says which command adds one; the first that is added is in use, whole and hashed', async () => {
  const blockersNow = async () =>
    (await draftRound({ prisma: database.db.prisma, projectId })).blockers.join(' ');
  expect(await blockersNow()).toContain(`npm run rankloop -- model add <folder> --project ${slug}`);

  const { checkpointId, isCurrent } = await add(await makeSmallModel(scratch), { name: 'Ours' });
  expect(isCurrent).toBe(true);
  expect(await currentPolicy()).toBe(checkpointId);
  const row = await database.db.prisma.checkpoint.findUniqueOrThrow({ where: { id: checkpointId } });
  const manifest = CheckpointManifest.parse(row.manifest);
  expect(row).toMatchObject({ name: 'Ours', kind: 'policy', parentId: null });
  expect(row.promotedAt).not.toBeNull();
  expect(Object.keys(manifest).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json']);
  expect(await findCheckpointDamage(join(scratch, 'data'), { ...row, manifest })).toBeNull();
  expect(await blockersNow()).not.toContain('model add');
});

test.each<[SmallFamily, number]>([
  ['gpt2', 2],
  ['llama', 3],
  ['qwen2', 2],
])(
  'a %s in %i shards keeps its index, shards, chat template and tokens, and nothing else',
  async (family, shards) => {
    const folder = await makeSmallModel(scratch, { family, shards });
    const kept = {
      'chat_template.jinja': '{{ messages }}',
      'generation_config.json': '{"eos_token_id":2}',
      'special_tokens_map.json': '{"eos_token":"c"}',
      'tokenizer_config.json': '{"chat_template":[{"name":"default","template":"x"}]}',
    };
    for (const [name, content] of Object.entries(kept)) await writeFile(join(folder, name), content);
    await add(folder);
    const [stored = ''] = await storedFolders();
    const names = Array.from({ length: shards }, (_, i) => shardName(i, shards));
    const weights = ['model.safetensors.index.json', ...names];
    const wanted = ['config.json', 'manifest.json', 'tokenizer.json', ...weights, ...Object.keys(kept)];
    const dir = join(scratch, 'data', 'checkpoints', stored);
    expect((await readdir(dir)).sort()).toEqual(wanted.sort());
    for (const name of [...weights, ...Object.keys(kept)])
      expect(await readFile(join(dir, name))).toEqual(await readFile(join(folder, name)));
  },
);

test('a second one waits to be chosen, unless it is promoted', async () => {
  const first = await add(await makeSmallModel(scratch, { fill: 1 }));
  const second = await add(await makeSmallModel(scratch, { fill: 2 }));
  expect(second.isCurrent).toBe(false);
  expect(await currentPolicy()).toBe(first.checkpointId);
  const third = await add(await makeSmallModel(scratch, { fill: 3 }), { promote: true });
  expect(await currentPolicy()).toBe(third.checkpointId);
});

test('the same model is not added twice, and the first stays as it is', async () => {
  const folder = await makeSmallModel(scratch);
  await add(folder, { name: 'First' });
  const before = await storedFolders();
  await expect(add(folder, { name: 'Again' })).rejects.toThrow('has this model already: First');
  expect(await storedFolders()).toEqual(before);
  expect(await database.db.prisma.checkpoint.count({ where: { projectId } })).toBe(1);
});

test('a folder that is refused leaves nothing', async () => {
  const folder = await makeSmallModel(scratch);
  await rm(join(folder, 'tokenizer.json'));
  await expect(add(folder)).rejects.toThrow('has no tokenizer.json');
  expect(await readdir(scratch)).not.toContain('data');
  expect(await currentPolicy()).toBeNull();
});
