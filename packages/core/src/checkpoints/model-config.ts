import { z } from 'zod';

const Size = z.number().int().min(1).max(1_000_000);
const Layers = z.number().int().min(1).max(1_000);

const common = { vocab_size: Size, quantization_config: z.null().optional() };

const Gpt2Config = z
  .looseObject({
    model_type: z.literal('gpt2'),
    ...common,
    n_positions: Size,
    n_embd: Size,
    n_layer: Layers,
    n_head: Size,
    n_inner: Size.nullish(),
    activation_function: z.enum(['gelu_new', 'gelu_pytorch_tanh']).default('gelu_new'),
    tie_word_embeddings: z.literal(true).default(true),
  })
  .refine((c) => c.n_inner == null || c.n_inner === 4 * c.n_embd, {
    path: ['n_inner'],
    message: 'it must be 4 · n_embd',
  })
  .refine((c) => c.n_embd % c.n_head === 0, {
    path: ['n_embd'],
    message: 'it must be a multiple of n_head',
  });

const RopeType = z.enum(['default', 'linear', 'llama3']).optional();
const Rope = z.looseObject({ rope_type: RopeType, type: RopeType }).nullish();

const LlamaConfig = z
  .looseObject({
    model_type: z.enum(['llama', 'qwen2']),
    ...common,
    max_position_embeddings: Size,
    hidden_size: Size,
    intermediate_size: Size,
    num_hidden_layers: Layers,
    num_attention_heads: Size,
    num_key_value_heads: Size.nullish(),
    head_dim: Size.nullish(),
    hidden_act: z.literal('silu').default('silu'),
    tie_word_embeddings: z.boolean().default(false),
    attention_bias: z.boolean().default(false),
    mlp_bias: z.boolean().default(false),
    use_sliding_window: z.literal(false).default(false),
    rope_scaling: Rope,
    rope_parameters: Rope,
  })
  .refine((c) => c.head_dim != null || c.hidden_size % c.num_attention_heads === 0, {
    path: ['hidden_size'],
    message: 'it must be a multiple of num_attention_heads',
  })
  .refine((c) => c.num_attention_heads % (c.num_key_value_heads ?? c.num_attention_heads) === 0, {
    path: ['num_key_value_heads'],
    message: 'it must divide num_attention_heads',
  });

/** What of config.json decides whether a round could run the model, and which tensors it has. */
export const ModelConfig = z
  .looseObject({ model_type: z.enum(['gpt2', 'llama', 'qwen2']) })
  .pipe(z.discriminatedUnion('model_type', [Gpt2Config, LlamaConfig]));
export type ModelConfig = z.infer<typeof ModelConfig>;

/** In front of every name but the unembedding's; files of the bare trunk leave it out. */
export function trunkPrefix(config: ModelConfig): string {
  return config.model_type === 'gpt2' ? 'transformer.' : 'model.';
}

/** Shapes by Hugging Face name, of everything that must be in the files. */
export function shapesOf(config: ModelConfig): Map<string, readonly number[]> {
  return new Map(config.model_type === 'gpt2' ? gpt2Shapes(config) : llamaShapes(config));
}

type Shape = [name: string, shape: number[]];

function gpt2Shapes({ n_embd: D, ...config }: z.infer<typeof Gpt2Config>): Shape[] {
  const norm = (name: string): Shape[] => [
    [`${name}.weight`, [D]],
    [`${name}.bias`, [D]],
  ];
  const conv = (name: string, from: number, to: number): Shape[] => [
    [`${name}.weight`, [from, to]],
    [`${name}.bias`, [to]],
  ];
  const layer = (h: string): Shape[] => [
    ...norm(`${h}.ln_1`),
    ...conv(`${h}.attn.c_attn`, D, 3 * D),
    ...conv(`${h}.attn.c_proj`, D, D),
    ...norm(`${h}.ln_2`),
    ...conv(`${h}.mlp.c_fc`, D, 4 * D),
    ...conv(`${h}.mlp.c_proj`, 4 * D, D),
  ];
  return [
    ['transformer.wte.weight', [config.vocab_size, D]],
    ['transformer.wpe.weight', [config.n_positions, D]],
    ...Array.from({ length: config.n_layer }, (_, i) => layer(`transformer.h.${i}`)).flat(),
    ...norm('transformer.ln_f'),
  ];
}

function llamaShapes({ hidden_size: D, ...config }: z.infer<typeof LlamaConfig>): Shape[] {
  const isQwen2 = config.model_type === 'qwen2';
  const hasOutputBias = !isQwen2 && config.attention_bias;
  const hasMlpBias = !isQwen2 && config.mlp_bias;
  const heads = config.num_attention_heads;
  const headDim = config.head_dim ?? D / heads;
  const [queries, keys] = [heads * headDim, (config.num_key_value_heads ?? heads) * headDim];
  const inner = config.intermediate_size;
  const linear = (name: string, to: number, from: number, hasBias: boolean): Shape[] => [
    [`${name}.weight`, [to, from]],
    ...(hasBias ? [[`${name}.bias`, [to]] satisfies Shape] : []),
  ];
  const layer = (name: string): Shape[] => [
    [`${name}.input_layernorm.weight`, [D]],
    ...linear(`${name}.self_attn.q_proj`, queries, D, isQwen2 || config.attention_bias),
    ...linear(`${name}.self_attn.k_proj`, keys, D, isQwen2 || config.attention_bias),
    ...linear(`${name}.self_attn.v_proj`, keys, D, isQwen2 || config.attention_bias),
    ...linear(`${name}.self_attn.o_proj`, D, queries, hasOutputBias),
    [`${name}.post_attention_layernorm.weight`, [D]],
    ...linear(`${name}.mlp.gate_proj`, inner, D, hasMlpBias),
    ...linear(`${name}.mlp.up_proj`, inner, D, hasMlpBias),
    ...linear(`${name}.mlp.down_proj`, D, inner, hasMlpBias),
  ];
  return [
    ['model.embed_tokens.weight', [config.vocab_size, D]],
    ...Array.from({ length: config.num_hidden_layers }, (_, i) => layer(`model.layers.${i}`)).flat(),
    ['model.norm.weight', [D]],
    ...(config.tie_word_embeddings ? [] : linear('lm_head', config.vocab_size, D, false)),
  ];
}
