import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readModelFolder, writeModelFolder } from './model-folder.ts';
import { encodeSafetensors, readSafetensors, readSafetensorsHeader } from './safetensors.ts';

const GOOD = join(import.meta.dirname, '../models/fixtures/small-gpt2');
let dir: string;
let weightsPath: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rankloop-model-'));
  await cp(GOOD, dir, { recursive: true });
  weightsPath = join(dir, 'model.safetensors');
});
afterEach(() => rm(dir, { recursive: true }));

/** Rewrites the header of the weights; the data stays. */
async function editHeader(edit: (header: Record<string, Entry>) => void): Promise<void> {
  const file = await readFile(weightsPath);
  const size = Number(file.readBigUInt64LE(0));
  // The fixture's own header.
  const header = JSON.parse(file.subarray(8, 8 + size).toString()) as Record<string, Entry>;
  edit(header);
  await writeFile(weightsPath, withHeader(JSON.stringify(header), file.subarray(8 + size)));
}
interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}
function withHeader(json: string, data: Uint8Array): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(Buffer.byteLength(json)));
  return Buffer.concat([size, Buffer.from(json), data]);
}
async function editConfig(edit: Record<string, unknown>): Promise<void> {
  const config = JSON.parse(await readFile(join(dir, 'config.json'), 'utf8')) as object;
  await writeFile(join(dir, 'config.json'), JSON.stringify({ ...config, ...edit }));
}

const NAME = 'transformer.h.1.mlp.c_fc.weight';

describe('a model folder', () => {
  it('comes back from writing with the same weights, heads and further keys', async () => {
    const read = await readModelFolder(dir);
    const score = { shape: [1, 16], values: Float32Array.from({ length: 16 }, (_, i) => i / 7) };
    const tensors = new Map([...read.tensors, ['score.weight', score] as const]);
    const copy = join(dir, 'copy');
    const tokenizerJson = { version: '1.0', model: { type: 'BPE' } };
    await writeModelFolder(copy, {
      config: read.config,
      tensors,
      tokenizerJson,
      configExtras: { reward: { mean: 0.25, std: 2 } },
    });
    const again = await readModelFolder(copy);
    expect(again.tensors).toEqual(tensors);
    expect(again.config).toEqual(read.config);
    expect(again.configJson['reward']).toEqual({ mean: 0.25, std: 2 });
    expect(again.tokenizerJson).toEqual(tokenizerJson);
  });

  it('takes along what its source says to other tools, but not what only the source was', async () => {
    const further = { attention_note: 'kept', n_ctx: 24, attn_pdrop: 0.1 };
    await editConfig({ ...further, auto_map: { AutoModel: 'code.py' }, dtype: 'bfloat16', n_positions: 24 });
    await writeFile(join(dir, 'generation_config.json'), '{"top_p":0.5}');
    await writeFile(join(dir, 'special_tokens_map.json'), '{"eos_token":"</s>"}');
    const read = await readModelFolder(dir);
    const copy = join(dir, 'copy');
    const architectures = ['Other'];
    await writeModelFolder(copy, { ...read, trainedFrom: dir, configExtras: { architectures } });
    const { configJson } = await readModelFolder(copy);
    // The weights are written as float32, whatever the source's were.
    expect(configJson).toMatchObject({ ...further, architectures, dtype: 'float32' });
    expect(configJson).not.toHaveProperty('auto_map');
    for (const file of ['generation_config.json', 'special_tokens_map.json'])
      expect(await readFile(join(copy, file))).toEqual(await readFile(join(dir, file)));
  });

  it('is written with the same bytes for the same weights', async () => {
    const { tensors } = await readModelFolder(dir);
    expect(encodeSafetensors(new Map([...tensors].reverse()))).toEqual(encodeSafetensors(tensors));
  });

  it('accepts the names of a bare GPT2Model, and ignores masks and a tied lm_head', async () => {
    const { tensors } = await readModelFolder(dir);
    const bare = new Map([...tensors].map(([name, tensor]) => [name.replace(/^transformer\./, ''), tensor]));
    const mask = { shape: [1, 1, 2, 2], values: new Float32Array(4) };
    bare.set('h.0.attn.bias', mask).set('lm_head.weight', mask);
    await writeFile(weightsPath, encodeSafetensors(bare));
    expect((await readModelFolder(dir)).tensors).toEqual(tensors);
  });

  it('reads half-precision weights', async () => {
    // 1.5, -2, 2^-24 (the smallest half), -infinity
    const halves = Buffer.from(Uint16Array.of(0x3e00, 0xc000, 0x0001, 0xfc00).buffer);
    const brain = Buffer.from(Uint16Array.of(0x3fc0, 0xc000, 0x3380, 0xff80).buffer);
    const header = {
      a: { dtype: 'F16', shape: [4], data_offsets: [0, 8] },
      b: { dtype: 'BF16', shape: [2, 2], data_offsets: [8, 16] },
    };
    await writeFile(weightsPath, withHeader(JSON.stringify(header), Buffer.concat([halves, brain])));
    const read = await readSafetensors(weightsPath, await readSafetensorsHeader(weightsPath), ['a', 'b']);
    const expected = Float32Array.of(1.5, -2, 2 ** -24, -Infinity);
    expect(read.get('a')?.values).toEqual(expected);
    expect(read.get('b')?.values).toEqual(expected.with(2, 0x8000000 / 2 ** 51));
  });
});

describe('a folder of shards', () => {
  const SHARDED = join(import.meta.dirname, '../models/fixtures/small-llama3');
  const INDEX = 'model.safetensors.index.json';
  const INDEX_NAME = 'model.norm.weight';
  let index: { weight_map: Record<string, string> };
  beforeEach(async () => {
    await rm(dir, { recursive: true });
    await cp(SHARDED, dir, { recursive: true });
    // The fixture's own index.
    index = JSON.parse(await readFile(join(dir, INDEX), 'utf8')) as typeof index;
  });
  const writeIndex = (): Promise<void> => writeFile(join(dir, INDEX), JSON.stringify(index));

  it('is read like a single file, and written as one', async () => {
    const sharded = await readModelFolder(dir);
    expect(sharded.tensors.size).toBe(Object.keys(index.weight_map).length);
    const single = join(dir, 'single');
    await writeModelFolder(single, { ...sharded, tokenizerJson: null });
    const again = await readModelFolder(single);
    expect(new Map([...again.tensors].sort())).toEqual(new Map([...sharded.tensors].sort()));
    expect(again.config).toEqual(sharded.config);
  });

  it.each([
    '../elsewhere.safetensors',
    '/etc/passwd',
    'sub/x.safetensors',
    '..\\\\x.safetensors',
    '.safetensors',
  ])('never follows %s out of the folder', async (path) => {
    index.weight_map[INDEX_NAME] = path;
    await writeIndex();
    await expect(readModelFolder(dir)).rejects.toThrow(`weight_map.${INDEX_NAME} must name`);
  });

  it('names the shard that is missing and the tensor that is not where the index says', async () => {
    const [one, other] = [...new Set(Object.values(index.weight_map))];
    if (one === undefined || other === undefined) throw new Error('The fixture has several shards.');
    const moved = Object.entries(index.weight_map).find(([, shard]) => shard === one)?.[0] ?? '';
    index.weight_map[moved] = other;
    await writeIndex();
    await expect(readModelFolder(dir)).rejects.toThrow(`lacks the tensor ${moved}`);
    await rm(join(dir, one));
    await expect(readModelFolder(dir)).rejects.toThrow(`names ${one}, which is missing`);
  });
});

describe('what a folder holds beside the model', () => {
  it('is named and not read', async () => {
    const { tensors } = await readModelFolder(dir);
    const stranger = { shape: [2], values: Float32Array.of(1, 2) };
    const more = new Map([...tensors, ['transformer.h.9.ln_1.weight', stranger], ['adapter', stranger]]);
    await writeFile(weightsPath, encodeSafetensors(more));
    const read = await readModelFolder(dir);
    expect(read.unexpected.toSorted()).toEqual(['adapter', 'transformer.h.9.ln_1.weight']);
    expect(read.tensors).toEqual(tensors);
  });

  it('is named beside what is missing, so that another family is seen at once', async () => {
    const { tensors } = await readModelFolder(join(import.meta.dirname, '../models/fixtures/small-llama'));
    await writeFile(weightsPath, encodeSafetensors(tensors));
    await expect(readModelFolder(dir)).rejects.toThrow(
      /lacks the tensors transformer\.wte\.weight, .* and \d+ more\. It has, unasked for, model\./,
    );
  });

  it('is refused where it is a pickle, which could run code', async () => {
    await rm(weightsPath);
    await writeFile(join(dir, 'pytorch_model.bin'), 'x');
    await expect(readModelFolder(dir)).rejects.toThrow('can run code');
  });
});

describe('a bad model folder is refused with a sentence that names what is wrong', () => {
  it.each<[string, () => Promise<void>, string]>([
    ['without weights', () => rm(weightsPath), 'has no model.safetensors'],
    ['with an empty file', () => writeFile(weightsPath, ''), '0 bytes long'],
    [
      'with a header longer than the file',
      () => writeFile(weightsPath, Buffer.from(BigUint64Array.of(2n ** 62n).buffer)),
      'says its header is 46116',
    ],
    [
      'with a header that is not JSON',
      () => writeFile(weightsPath, withHeader('{"a":', Buffer.alloc(0))),
      'not JSON',
    ],
    [
      'that is cut short',
      async () => writeFile(weightsPath, (await readFile(weightsPath)).subarray(0, 20_000)),
      'is cut short: tensor transformer.',
    ],
    [
      'with bytes after the last tensor',
      async () => writeFile(weightsPath, Buffer.concat([await readFile(weightsPath), Buffer.alloc(4)])),
      '4 bytes after its last tensor',
    ],
    [
      'with a missing tensor',
      async () => {
        const { tensors } = await readModelFolder(dir);
        await writeFile(
          weightsPath,
          encodeSafetensors(new Map([...tensors].filter(([name]) => name !== NAME))),
        );
      },
      `lacks the tensor ${NAME}`,
    ],
    [
      'with a transposed tensor',
      () => editHeader((header) => header[NAME]?.shape.reverse()),
      `tensor ${NAME} has shape [64, 16], but config.json asks for [16, 64]`,
    ],
    [
      'with a shape that does not match its bytes',
      () => editHeader((header) => header[NAME]?.shape.push(2 ** 40)),
      `tensor ${NAME} of shape [16, 64, 1099511627776]`,
    ],
    [
      'with integer weights',
      () =>
        editHeader((header) => {
          const entry = header[NAME];
          if (entry !== undefined) entry.dtype = 'I32';
        }),
      `tensor ${NAME} has type I32`,
    ],
    [
      'with overlapping tensors',
      () =>
        editHeader((header) => {
          const entry = header[NAME];
          if (entry !== undefined) entry.data_offsets = [0, 4096];
        }),
      'starts at byte',
    ],
    [
      'with a negative offset',
      () =>
        editHeader((header) => {
          const entry = header[NAME];
          if (entry !== undefined) entry.data_offsets = [-4096, 0];
        }),
      `describes tensor ${NAME}`,
    ],
    ['of another family', () => editConfig({ model_type: 'mamba' }), 'model_type "mamba" is not supported'],
    ['with an exact GELU', () => editConfig({ activation_function: 'gelu' }), 'activation_function'],
    ['with an untied head', () => editConfig({ tie_word_embeddings: false }), 'tie_word_embeddings'],
    [
      'with heads that do not divide the width',
      () => editConfig({ n_head: 3 }),
      'n_embd 16 is not a multiple',
    ],
    ['with absurd sizes', () => editConfig({ vocab_size: 1e12 }), 'vocab_size'],
    ['with an end token outside the vocabulary', () => editConfig({ eos_token_id: 23 }), 'eos_token_id 23'],
    ['with a config that is no object', () => writeFile(join(dir, 'config.json'), '[]'), 'not a JSON object'],
  ])('%s', async (_what, damage, sentence) => {
    await damage();
    await expect(readModelFolder(dir)).rejects.toThrow(sentence);
  });

  it('before its tensors are allocated, however large it says they are', async () => {
    const big = { [NAME]: { dtype: 'F32', shape: [2 ** 20, 2 ** 20], data_offsets: [0, 2 ** 42] } };
    await writeFile(weightsPath, withHeader(JSON.stringify(big), Buffer.alloc(16)));
    await expect(readModelFolder(dir)).rejects.toThrow(`cut short: tensor ${NAME}`);
  });
});
