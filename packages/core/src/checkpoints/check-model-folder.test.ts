import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkModelFolder } from './check-model-folder.ts';
import { ModelConfig, shapesOf } from './model-config.ts';
import {
  makeSmallModel,
  shardName,
  SMALL_CONFIGS,
  writeWeights,
  type SmallFamily,
} from './testing/small-model.ts';
import { readTensorHeaders } from './weight-files.ts';

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'rankloop-folder-'));
});
afterEach(() => rm(scratch, { recursive: true }));

const FAMILIES: SmallFamily[] = ['gpt2', 'llama', 'qwen2'];
/** One of them is in shards. */
const TRANSFORMERS_FOLDERS = join(import.meta.dirname, '../../../rl/src/models/fixtures');
const INDEX = 'model.safetensors.index.json';
const [FIRST_SHARD, SECOND_SHARD] = [shardName(0, 3), shardName(1, 3)];

const write = (folder: string, file: string, content: string) => writeFile(join(folder, file), content);
const writeConfig = (folder: string, more: object) =>
  write(folder, 'config.json', JSON.stringify({ ...SMALL_CONFIGS.gpt2, ...more }));
const change = (file: string, from: string | RegExp, to: string) => async (folder: string) => {
  const path = join(folder, file);
  const text = await readFile(path, 'latin1');
  expect(text).toMatch(from);
  await writeFile(path, text.replace(from, to), 'latin1');
};

describe.each(FAMILIES)('a folder of a %s', (family) => {
  test.each([1, 3])('is good with its weights in %i files', async (shards) => {
    await expect(
      checkModelFolder(await makeSmallModel(scratch, { family, shards })),
    ).resolves.toBeUndefined();
  });

  test('is good with the names of its bare trunk', async () => {
    const folder = await makeSmallModel(scratch, { family });
    const shapes = shapesOf(ModelConfig.parse(SMALL_CONFIGS[family]));
    const bare = new Map(
      [...shapes].map(([name, shape]) => [name.replace(/^(transformer|model)\./, ''), shape]),
    );
    await writeWeights(folder, bare);
    await expect(checkModelFolder(folder)).resolves.toBeUndefined();
  });

  test('is refused for every tensor that is not there, by its name', async () => {
    const shapes = shapesOf(ModelConfig.parse(SMALL_CONFIGS[family]));
    const folder = await makeSmallModel(scratch, { family });
    for (const name of shapes.keys()) {
      await writeWeights(folder, new Map([...shapes].filter(([other]) => other !== name)));
      await expect(checkModelFolder(folder)).rejects.toThrow(`model.safetensors lacks the tensor ${name},`);
    }
  });
});

test.each(['small-gpt2', 'small-llama', 'small-llama3', 'small-qwen2'])(
  'of a %s exactly the tensors are asked for that transformers wrote, in their shapes',
  async (name) => {
    const folder = join(TRANSFORMERS_FOLDERS, name);
    const config = ModelConfig.parse(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')));
    const written = [...(await readTensorHeaders(folder))].map(([tensor, { shape }]) => [tensor, shape]);
    expect(Object.fromEntries(shapesOf(config))).toEqual(Object.fromEntries(written));
  },
);

test.each<[string, object]>([
  ['one text', { chat_template: '{{ messages }}' }],
  ['a list of named ones', { chat_template: [{ name: 'default', template: '{{ messages }}' }] }],
  ['none', { chat_template: null, model_max_length: 8 }],
])('a tokenizer_config.json with %s as its chat template is good', async (_, config) => {
  const folder = await makeSmallModel(scratch);
  await write(folder, 'tokenizer_config.json', JSON.stringify(config));
  await expect(checkModelFolder(folder)).resolves.toBeUndefined();
});

test('a vocabulary of Unigram is counted by its length', async () => {
  const folder = await makeSmallModel(scratch);
  const tokens = (count: number) => Array.from({ length: count }, (_, i) => [`t${i}`, -i]);
  const json = (count: number) => JSON.stringify({ model: { type: 'Unigram', vocab: tokens(count) } });
  await write(folder, 'tokenizer.json', json(3));
  await expect(checkModelFolder(folder)).resolves.toBeUndefined();
  await write(folder, 'tokenizer.json', json(4));
  await expect(checkModelFolder(folder)).rejects.toThrow('the token 3, but config.json a vocab_size of 3');
});

test.each<[string, (folder: string) => Promise<void>, RegExp]>([
  [
    'without weights',
    (folder) => rm(join(folder, 'model.safetensors')),
    /has no model\.safetensors, nor .* Save the model with save_pretrained/,
  ],
  [
    'whose weights are a pickle',
    async (folder) => {
      await rm(join(folder, 'model.safetensors'));
      await write(folder, 'pytorch_model.bin', 'x');
    },
    /can run code: .*safe_serialization=True/,
  ],
  [
    'of an adapter',
    async (folder) => {
      await rm(join(folder, 'model.safetensors'));
      await write(folder, 'adapter_model.safetensors', 'x');
    },
    /merge it into its model/,
  ],
  [
    'whose weights were never fetched',
    (folder) =>
      write(folder, 'model.safetensors', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n'),
    /model\.safetensors is only a pointer.* git lfs pull/,
  ],
  ['without a config', (folder) => rm(join(folder, 'config.json')), /has no config\.json.*save_pretrained/],
  [
    'without a tokenizer',
    (folder) => rm(join(folder, 'tokenizer.json')),
    /has no tokenizer\.json.*AutoTokenizer/,
  ],
  [
    'of another kind',
    (folder) => writeConfig(folder, { model_type: 'mamba' }),
    /config\.json cannot be used: model_type "mamba" is not supported .*"gpt2"\|"llama"\|"qwen2"/,
  ],
  [
    'with a config that is no JSON',
    (folder) => write(folder, 'config.json', 'gpt2'),
    /config\.json .*holds no JSON/,
  ],
  ['with a config that is a list', (folder) => write(folder, 'config.json', '[]'), /config\.json .*: it is/],
  [
    'with a config that lacks a size',
    (folder) => writeConfig(folder, { n_embd: undefined }),
    /config\.json .* n_embd is missing/,
  ],
  [
    'with a width that its heads do not divide',
    (folder) => writeConfig(folder, { n_head: 3 }),
    /n_embd 4 .*multiple of n_head/,
  ],
  ['with absurd sizes', (folder) => writeConfig(folder, { n_layer: 1e9 }), /n_layer 1000000000 is not/],
  [
    'with another activation',
    (folder) => writeConfig(folder, { activation_function: 'relu' }),
    /activation_function "relu"/,
  ],
  ['with a wider layer', (folder) => writeConfig(folder, { n_inner: 5 }), /n_inner 5 .*4 · n_embd/],
  [
    'with quantized weights',
    (folder) => writeConfig(folder, { quantization_config: { bits: 4 } }),
    /quantization_config is not supported/,
  ],
  [
    'with weights of another type',
    (folder) => writeWeights(folder, shapesOf(ModelConfig.parse(SMALL_CONFIGS.gpt2)), { dtype: 'I32' }),
    /wte\.weight is of type I32\. Save the model in float32/,
  ],
  [
    'with weights of another shape',
    (folder) => writeConfig(folder, { n_positions: 9 }),
    /model\.safetensors: transformer\.wpe\.weight is \[8, 4\], config\.json asks for \[9, 4\]\. Take both/,
  ],
  [
    'that lacks a layer',
    (folder) => writeConfig(folder, { n_layer: 2 }),
    /model\.safetensors lacks the tensor transformer\.h\.1\.ln_1\.weight and 11 more/,
  ],
  [
    'with tokens that the model does not have',
    change('tokenizer.json', '"c":2', '"c":7'),
    /token 7, .*vocab_size of 3\. .*resize_token_embeddings/,
  ],
  [
    'with a chat template that is a number',
    (folder) => write(folder, 'tokenizer_config.json', '{"chat_template":7}'),
    /tokenizer_config\.json .*chat_template 7 .*a text, or a list/,
  ],
  [
    'with a chat template as long as a book',
    (folder) => write(folder, 'chat_template.jinja', ' '.repeat(300_000)),
    /chat_template\.jinja has 300000 bytes/,
  ],
  [
    'with a chat template that ends too early',
    (folder) => write(folder, 'chat_template.jinja', '{% for message in messages %}{{ message'),
    /^chat_template\.jinja is no Jinja template: /,
  ],
  [
    'with a chat template of a statement that Jinja does not have',
    (folder) => write(folder, 'tokenizer_config.json', '{"chat_template":"{% say messages %}"}'),
    /^The chat_template of tokenizer_config\.json is no Jinja template: Unknown statement type: say\./,
  ],
  [
    'cut off',
    (folder) => truncate(join(folder, 'model.safetensors'), 1600),
    /model\.safetensors is cut off: transformer\..* Copy or download the file again/,
  ],
  ['cut off in the header', (folder) => truncate(join(folder, 'model.safetensors'), 30), /cut off/],
  ['with empty weights', (folder) => truncate(join(folder, 'model.safetensors'), 0), /cut off/],
  [
    'whose weights are something else',
    (folder) => copyFile(join(folder, 'config.json'), join(folder, 'model.safetensors')),
    /not a safetensors file/,
  ],
])('a folder %s is refused with what is wrong and how to mend it', async (_what, spoil, sentence) => {
  const folder = await makeSmallModel(scratch);
  await spoil(folder);
  await expect(checkModelFolder(folder)).rejects.toThrow(sentence);
});

test('a Llama is refused where its key heads or its positions are not what it says', async () => {
  const folder = await makeSmallModel(scratch, { family: 'llama' });
  const refusal = async (more: object) => {
    await write(folder, 'config.json', JSON.stringify({ ...SMALL_CONFIGS.llama, ...more }));
    return checkModelFolder(folder).catch((error: unknown) => String(error));
  };
  expect(await refusal({ num_key_value_heads: 4 })).toMatch(
    /k_proj\.weight is \[4, 8\], config\.json asks for \[8, 8\]/,
  );
  expect(await refusal({ num_key_value_heads: 3 })).toMatch(/num_key_value_heads 3 .*must divide/);
  expect(await refusal({ rope_scaling: { type: 'yarn', factor: 4 } })).toMatch(/rope_scaling\.type "yarn"/);
  expect(await refusal({ hidden_act: 'gelu' })).toMatch(/hidden_act "gelu"/);
});

test.each<[string, (folder: string) => Promise<void>, RegExp]>([
  [
    'lacks a shard',
    (folder) => rm(join(folder, SECOND_SHARD)),
    new RegExp(`index\\.json names ${SECOND_SHARD}, which is missing. Copy`),
  ],
  [
    'has a tensor in another shard than the index says',
    change(INDEX, FIRST_SHARD, SECOND_SHARD),
    /00002-of-00003\.safetensors lacks the tensor .*, which model\.safetensors\.index\.json says/,
  ],
  [
    'has a shard that is cut off',
    (folder) => truncate(join(folder, SECOND_SHARD), 100),
    new RegExp(`${SECOND_SHARD} is cut off`),
  ],
  [
    'points out of the folder',
    change(INDEX, FIRST_SHARD, '../elsewhere.safetensors'),
    /weight_map\..* "\.\.\/elsewhere\.safetensors" is not supported \(a file beside the index\)/,
  ],
  ['has an index of nothing', (folder) => write(folder, INDEX, '{"weight_map":{}}'), /names no file/],
  [
    'has an index without a map',
    (folder) => write(folder, INDEX, '{}'),
    /index\.json cannot be used: weight_map is missing/,
  ],
])('a folder of shards that %s is refused', async (_what, spoil, sentence) => {
  const folder = await makeSmallModel(scratch, { family: 'llama', shards: 3 });
  await spoil(folder);
  await expect(checkModelFolder(folder)).rejects.toThrow(sentence);
});
