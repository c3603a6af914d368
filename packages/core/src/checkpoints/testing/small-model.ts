// Model folders as transformers writes them, of a few numbers each.

import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelConfig, shapesOf } from '../model-config.ts';

const INDEX = 'model.safetensors.index.json';
const VOCAB = { a: 0, b: 1, c: 2 };

const LLAMA = {
  vocab_size: 3,
  max_position_embeddings: 8,
  hidden_size: 8,
  intermediate_size: 7,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
};
export const SMALL_CONFIGS = {
  gpt2: { model_type: 'gpt2', vocab_size: 3, n_positions: 8, n_embd: 4, n_layer: 1, n_head: 2 },
  llama: { model_type: 'llama', ...LLAMA },
  qwen2: { model_type: 'qwen2', ...LLAMA, tie_word_embeddings: true },
};
export type SmallFamily = keyof typeof SMALL_CONFIGS;

export interface SmallModelOptions {
  family?: SmallFamily;
  /** How many files the weights are in; one has no index. */
  shards?: number;
  /** The byte that all weights are made of. */
  fill?: number;
}

/** A folder of its own under `parent`, with what a round needs and one thing that it does not. */
export async function makeSmallModel(parent: string, options: SmallModelOptions = {}): Promise<string> {
  const { family = 'gpt2', shards = 1, fill = 0 } = options;
  const folder = await mkdtemp(join(parent, 'small-'));
  const config = SMALL_CONFIGS[family];
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  await writeFile(
    join(folder, 'tokenizer.json'),
    JSON.stringify({ model: { type: 'BPE', vocab: VOCAB, merges: [] } }),
  );
  await writeWeights(folder, shapesOf(ModelConfig.parse(config)), { shards, fill });
  await writeFile(join(folder, 'training_args.bin'), 'left behind');
  return folder;
}

export async function writeWeights(
  folder: string,
  shapes: ReadonlyMap<string, readonly number[]>,
  { shards = 1, fill = 0, dtype = 'F32' } = {},
): Promise<void> {
  if (shards === 1) return writeFile(join(folder, 'model.safetensors'), encode(shapes, fill, dtype));
  const weightMap: Record<string, string> = {};
  for (let shard = 0; shard < shards; shard++) {
    const name = shardName(shard, shards);
    const own = [...shapes].filter((_, i) => i % shards === shard);
    for (const [tensor] of own) weightMap[tensor] = name;
    await writeFile(join(folder, name), encode(new Map(own), fill, dtype));
  }
  await writeFile(join(folder, INDEX), JSON.stringify({ metadata: {}, weight_map: weightMap }));
}

/** `model-00001-of-00003.safetensors`, counted from 0. */
export function shardName(shard: number, shards: number): string {
  const padded = (n: number) => String(n).padStart(5, '0');
  return `model-${padded(shard + 1)}-of-${padded(shards)}.safetensors`;
}

function encode(shapes: ReadonlyMap<string, readonly number[]>, fill: number, dtype: string): Buffer {
  let end = 0;
  const header = [...shapes].map(([name, shape]) => {
    const start = end;
    end += 4 * shape.reduce((product, size) => product * size, 1);
    return [name, { dtype, shape, data_offsets: [start, end] }];
  });
  const text = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(end, fill)]);
}
