import { copyFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProject, createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { draftRound } from '../rounds/index.ts';
import { addPolicyCheckpoint } from './add-policy-checkpoint.ts';
import { findCheckpointDamage } from './checkpoint-files.ts';
import { CheckpointManifest } from './checkpoint-view.ts';

const [VOCABULARY, WIDTH, POSITIONS] = [3, 4, 8];

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

/** The smallest folder that has everything. */
async function makeModel(fill = 0): Promise<string> {
  const folder = await mkdtemp(join(scratch, 'small-'));
  const config = { model_type: 'gpt2', vocab_size: VOCABULARY, n_positions: POSITIONS, n_embd: WIDTH };
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, n_layer: 1, n_head: 2 }));
  const vocab = { a: 0, b: 1, c: 2 };
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify({ model: { type: 'BPE', vocab } }));
  await writeFile(join(folder, 'model.safetensors'), weights(fill));
  await writeFile(join(folder, 'training_args.bin'), 'left behind');
  return folder;
}

const GPT2_SHAPES = {
  'transformer.wte.weight': [VOCABULARY, WIDTH],
  'transformer.wpe.weight': [POSITIONS, WIDTH],
  'transformer.ln_f.weight': [WIDTH],
  'transformer.h.0.attn.c_attn.weight': [WIDTH, 3 * WIDTH],
  'transformer.h.0.mlp.c_fc.weight': [WIDTH, 4 * WIDTH],
};

function weights(fill: number, shapes: Record<string, number[]> = GPT2_SHAPES): Buffer {
  let end = 0;
  const header = Object.entries(shapes).map(([name, shape]) => {
    const start = end;
    end += 4 * shape.reduce((product, size) => product * size, 1);
    return [name, { dtype: 'F32', shape, data_offsets: [start, end] }];
  });
  const text = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(end, fill)]);
}

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

  const { checkpointId, isCurrent } = await add(await makeModel(), { name: 'Ours' });
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

test('a Llama is taken in like a GPT-2, and refused where its key heads are not what it says', async () => {
  const folder = await makeModel();
  const shapes = {
    'model.embed_tokens.weight': [VOCABULARY, WIDTH],
    'model.norm.weight': [WIDTH],
    'model.layers.0.self_attn.q_proj.weight': [WIDTH, WIDTH],
    'model.layers.0.self_attn.k_proj.weight': [WIDTH / 2, WIDTH],
    'model.layers.0.mlp.gate_proj.weight': [7, WIDTH],
  };
  await writeFile(join(folder, 'model.safetensors'), weights(0, shapes));
  const sizes = { vocab_size: VOCABULARY, hidden_size: WIDTH, intermediate_size: 7, num_hidden_layers: 1 };
  const heads = { num_attention_heads: 2, num_key_value_heads: 1, max_position_embeddings: POSITIONS };
  const config = { model_type: 'llama', ...sizes, ...heads };
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, num_key_value_heads: 2 }));
  await expect(add(folder)).rejects.toThrow(/k_proj\.weight is \[2, 4\], config\.json asks for \[4, 4\]/);
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  expect((await add(folder)).isCurrent).toBe(true);
});

test('a second one waits to be chosen, unless it is promoted', async () => {
  const first = await add(await makeModel(1));
  const second = await add(await makeModel(2));
  expect(second.isCurrent).toBe(false);
  expect(await currentPolicy()).toBe(first.checkpointId);
  const third = await add(await makeModel(3), { promote: true });
  expect(await currentPolicy()).toBe(third.checkpointId);
});

test('the same model is not added twice, and the first stays as it is', async () => {
  const folder = await makeModel();
  await add(folder, { name: 'First' });
  const before = await storedFolders();
  await expect(add(folder, { name: 'Again' })).rejects.toThrow('has this model already: First');
  expect(await storedFolders()).toEqual(before);
  expect(await database.db.prisma.checkpoint.count({ where: { projectId } })).toBe(1);
});

const change = (file: string, from: string, to: string) => async (folder: string) => {
  const path = join(folder, file);
  await writeFile(path, (await readFile(path, 'latin1')).replace(from, to), 'latin1');
};

test.each<[string, (folder: string) => Promise<void>, RegExp]>([
  ['without weights', (folder) => rm(join(folder, 'model.safetensors')), /has no model\.safetensors/],
  ['without a tokenizer', (folder) => rm(join(folder, 'tokenizer.json')), /has no tokenizer\.json/],
  ['of another kind', change('config.json', 'gpt2', 'mamba'), /config\.json cannot be used: model_type/],
  ['with a config that is no JSON', change('config.json', '{', ''), /config\.json .*holds no JSON/],
  ['with a width that its heads do not divide', change('config.json', '"n_head":2', '"n_head":3'), /n_head/],
  ['with absurd sizes', change('config.json', '"n_layer":1', '"n_layer":1e9'), /n_layer/],
  [
    'with weights of another shape',
    change('config.json', '"n_positions":8', '"n_positions":9'),
    /wpe\.weight/,
  ],
  ['that lacks a layer', change('config.json', '"n_layer":1', '"n_layer":2'), /lacks the tensor h\.1/],
  ['with tokens that the model does not have', change('tokenizer.json', '"c":2', '"c":7'), /vocab_size of 3/],
  ['cut off', (folder) => truncate(join(folder, 'model.safetensors'), 600), /cut off/],
  ['cut off in the header', (folder) => truncate(join(folder, 'model.safetensors'), 30), /cut off/],
  ['with empty weights', (folder) => truncate(join(folder, 'model.safetensors'), 0), /cut off/],
  [
    'whose weights are something else',
    (folder) => copyFile(join(folder, 'config.json'), join(folder, 'model.safetensors')),
    /not a safetensors file/,
  ],
])('a folder %s is refused with a sentence, and leaves nothing', async (_what, spoil, sentence) => {
  const folder = await makeModel();
  await spoil(folder);
  await expect(add(folder)).rejects.toThrow(sentence);
  expect(await readdir(scratch)).not.toContain('data');
  expect(await currentPolicy()).toBeNull();
});
