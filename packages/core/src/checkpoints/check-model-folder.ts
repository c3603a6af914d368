import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@rankloop/contracts';
import { z } from 'zod';

const MAX_SIZE = 1_000_000;
const MAX_JSON_BYTES = 200_000_000;
/** The limit of the format's own implementation. */
const MAX_HEADER_BYTES = 100_000_000;

const Size = z.number().int().min(1).max(MAX_SIZE);
const Layers = z.number().int().min(1).max(1_000);
const Gpt2Config = z.looseObject({
  model_type: z.literal('gpt2'),
  vocab_size: Size,
  n_positions: Size,
  n_embd: Size,
  n_layer: Layers,
  n_head: Size,
});
const LlamaConfig = z.looseObject({
  model_type: z.enum(['llama', 'qwen2']),
  vocab_size: Size,
  max_position_embeddings: Size,
  hidden_size: Size,
  intermediate_size: Size,
  num_hidden_layers: Layers,
  num_attention_heads: Size,
  num_key_value_heads: Size.nullish(),
  head_dim: Size.nullish(),
});
const Config = z.discriminatedUnion('model_type', [Gpt2Config, LlamaConfig]);
type Config = z.infer<typeof Config>;
const Tokenizer = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.number().int().nonnegative() })).default([]),
  model: z.looseObject({ type: z.string(), vocab: z.record(z.string(), z.number().int().nonnegative()) }),
});
const Tensor = z.looseObject({
  shape: z.array(z.number().int().nonnegative()),
  data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
});

/**
 * Refuses, with a sentence for the person who named the folder, what a round could not begin with. A round still
 * checks every tensor when it reads them.
 *
 * @throws AppError `bad_request`
 */
export async function checkModelFolder(folder: string): Promise<void> {
  const config = parse(Config, await readJson(folder, 'config.json'), 'config.json');
  if (config.model_type === 'gpt2' && config.n_embd % config.n_head !== 0)
    refuse('config.json: n_embd is not a multiple of n_head.');
  const tokenizer = parse(Tokenizer, await readJson(folder, 'tokenizer.json'), 'tokenizer.json');
  const ids = [...Object.values(tokenizer.model.vocab), ...tokenizer.added_tokens.map(({ id }) => id)];
  const largestId = ids.reduce((largest, id) => Math.max(largest, id), -1);
  if (largestId < 0) refuse('tokenizer.json has no tokens.');
  if (largestId >= config.vocab_size)
    refuse(
      `tokenizer.json has the token ${largestId}, but config.json a vocab_size of ${config.vocab_size}.`,
    );
  checkShapes(config, await readWeightsHeader(folder));
}

function checkShapes(config: Config, shapes: ReadonlyMap<string, readonly number[]>): void {
  const isGpt2 = config.model_type === 'gpt2';
  const wanted = isGpt2 ? gpt2Shapes(config) : llamaShapes(config);
  const prefix = isGpt2 ? 'transformer' : 'model';
  for (const [name, shape] of wanted) {
    const found = shapes.get(name) ?? shapes.get(`${prefix}.${name}`);
    if (found === undefined) refuse(`model.safetensors lacks the tensor ${name}.`);
    if (found.join() !== shape.join())
      refuse(
        `model.safetensors: ${name} is [${found.join(', ')}], config.json asks for [${shape.join(', ')}].`,
      );
  }
}

type Shape = [name: string, shape: number[]];

function gpt2Shapes({ n_embd: width, ...config }: z.infer<typeof Gpt2Config>): Shape[] {
  const layers = Array.from({ length: config.n_layer }, (_, layer): Shape[] => [
    [`h.${layer}.attn.c_attn.weight`, [width, 3 * width]],
    [`h.${layer}.mlp.c_fc.weight`, [width, 4 * width]],
  ]);
  return [
    ['wte.weight', [config.vocab_size, width]],
    ['wpe.weight', [config.n_positions, width]],
    ['ln_f.weight', [width]],
    ...layers.flat(),
  ];
}

function llamaShapes({ hidden_size: width, ...config }: z.infer<typeof LlamaConfig>): Shape[] {
  const heads = config.num_attention_heads;
  const headDim = config.head_dim ?? width / heads;
  const keyWidth = (config.num_key_value_heads ?? heads) * headDim;
  const layers = Array.from({ length: config.num_hidden_layers }, (_, layer): Shape[] => [
    [`layers.${layer}.self_attn.q_proj.weight`, [heads * headDim, width]],
    [`layers.${layer}.self_attn.k_proj.weight`, [keyWidth, width]],
    [`layers.${layer}.mlp.gate_proj.weight`, [config.intermediate_size, width]],
  ]);
  return [['embed_tokens.weight', [config.vocab_size, width]], ['norm.weight', [width]], ...layers.flat()];
}

/** Shapes by tensor name; no weight is read. */
async function readWeightsHeader(folder: string): Promise<Map<string, readonly number[]>> {
  const size = await sizeOf(folder, 'model.safetensors');
  const file = await open(join(folder, 'model.safetensors'));
  try {
    // Of a shorter file the rest stays zero, which is refused below.
    const length = Number((await file.read(Buffer.alloc(8), 0, 8, 0)).buffer.readBigUInt64LE());
    if (length < 2 || length > MAX_HEADER_BYTES || 8 + length > size)
      refuse('model.safetensors is cut off, or is not a safetensors file.');
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, 8);
    const header = parse(
      z.record(z.string(), z.unknown()),
      parseJson(buffer.toString('utf8'), 'model.safetensors'),
      'model.safetensors',
    );
    const shapes = new Map<string, readonly number[]>();
    for (const [name, raw] of Object.entries(header)) {
      if (name === '__metadata__') continue;
      const { shape, data_offsets: offsets } = parse(Tensor, raw, `model.safetensors: ${name}`);
      if (offsets[0] > offsets[1] || 8 + length + offsets[1] > size)
        refuse(`model.safetensors is cut off: ${name} would end after the file.`);
      shapes.set(name, shape);
    }
    return shapes;
  } finally {
    await file.close();
  }
}

async function readJson(folder: string, name: string): Promise<unknown> {
  if ((await sizeOf(folder, name)) > MAX_JSON_BYTES) refuse(`${name} is too large.`);
  return parseJson(await readFile(join(folder, name), 'utf8'), name);
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return refuse(`${name} is not what its name says: it holds no JSON.`);
  }
}

async function sizeOf(folder: string, name: string): Promise<number> {
  const found = await stat(join(folder, name)).catch(() => null);
  if (found?.isFile() !== true) return refuse(`${folder} has no ${name}.`);
  return found.size;
}

function parse<T>(schema: z.ZodType<T>, value: unknown, name: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  return refuse(`${name} cannot be used: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim());
}

function refuse(detail: string): never {
  throw new AppError('bad_request', { detail });
}
