// config.json of a GPT-2-family model, in Hugging Face's words, and what of it this code can run.

import { z } from 'zod';

export interface CausalLmConfig {
  readonly modelType: 'gpt2';
  readonly vocabSize: number;
  /** The longest sequence: rows of the learned position table. */
  readonly nPositions: number;
  readonly nEmbd: number;
  readonly nLayer: number;
  readonly nHead: number;
  readonly layerNormEpsilon: number;
  readonly bosTokenId?: number;
  readonly eosTokenId?: number;
  readonly padTokenId?: number;
}

/** Sizes above these are a mistake here, and refused before anything is allocated. */
const MAX_SIZE = 1_000_000;
const Size = z.number().int().min(1).max(MAX_SIZE);
const TokenId = z.number().int().nonnegative().nullish();

const Gpt2ConfigSchema = z.looseObject({
  model_type: z.literal('gpt2'),
  vocab_size: Size,
  n_positions: Size,
  n_embd: Size,
  n_layer: Size,
  n_head: Size,
  n_inner: Size.nullish(),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  activation_function: z.enum(['gelu_new', 'gelu_pytorch_tanh']).default('gelu_new'),
  tie_word_embeddings: z.literal(true).default(true),
  scale_attn_weights: z.literal(true).default(true),
  scale_attn_by_inverse_layer_idx: z.literal(false).default(false),
  add_cross_attention: z.literal(false).default(false),
  bos_token_id: TokenId,
  eos_token_id: TokenId,
  pad_token_id: TokenId,
});

/** Checks a parsed config.json; `where` opens the sentence of a refusal. */
export function parseConfig(json: unknown, where: string): CausalLmConfig {
  const parsed = Gpt2ConfigSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const key = issue?.path.join('.') ?? '';
    throw new Error(
      `${where} cannot be used: ${key === '' ? 'it' : key} is not supported (${issue?.message}).`,
    );
  }
  const c = parsed.data;
  if (c.n_embd % c.n_head !== 0) {
    throw new Error(`${where} cannot be used: n_embd ${c.n_embd} is not a multiple of n_head ${c.n_head}.`);
  }
  if (c.n_inner != null && c.n_inner !== 4 * c.n_embd) {
    throw new Error(`${where} cannot be used: n_inner must be 4 · n_embd.`);
  }
  for (const key of ['bos_token_id', 'eos_token_id', 'pad_token_id'] as const) {
    const id = c[key];
    if (id != null && id >= c.vocab_size) {
      throw new Error(`${where} cannot be used: ${key} ${id} is outside the vocabulary of ${c.vocab_size}.`);
    }
  }
  return {
    modelType: 'gpt2',
    vocabSize: c.vocab_size,
    nPositions: c.n_positions,
    nEmbd: c.n_embd,
    nLayer: c.n_layer,
    nHead: c.n_head,
    layerNormEpsilon: c.layer_norm_epsilon,
    ...(c.bos_token_id != null && { bosTokenId: c.bos_token_id }),
    ...(c.eos_token_id != null && { eosTokenId: c.eos_token_id }),
    ...(c.pad_token_id != null && { padTokenId: c.pad_token_id }),
  };
}

/** The config.json that Hugging Face's GPT2LMHeadModel reads back as the same model. */
export function toConfigJson(config: CausalLmConfig): Record<string, unknown> {
  return {
    activation_function: 'gelu_new',
    architectures: ['GPT2LMHeadModel'],
    attn_pdrop: 0,
    ...(config.bosTokenId !== undefined && { bos_token_id: config.bosTokenId }),
    dtype: 'float32',
    embd_pdrop: 0,
    ...(config.eosTokenId !== undefined && { eos_token_id: config.eosTokenId }),
    layer_norm_epsilon: config.layerNormEpsilon,
    model_type: config.modelType,
    n_embd: config.nEmbd,
    n_head: config.nHead,
    n_inner: null,
    n_layer: config.nLayer,
    n_positions: config.nPositions,
    ...(config.padTokenId !== undefined && { pad_token_id: config.padTokenId }),
    resid_pdrop: 0,
    tie_word_embeddings: true,
    vocab_size: config.vocabSize,
  };
}

/** Shapes of every tensor of the model, by Hugging Face name, in the order of the forward pass. */
export function expectedShapes(config: CausalLmConfig): Map<string, readonly number[]> {
  const D = config.nEmbd;
  const shapes = new Map<string, readonly number[]>([
    ['transformer.wte.weight', [config.vocabSize, D]],
    ['transformer.wpe.weight', [config.nPositions, D]],
  ]);
  for (let layer = 0; layer < config.nLayer; layer++) {
    const prefix = `transformer.h.${layer}`;
    shapes.set(`${prefix}.ln_1.weight`, [D]);
    shapes.set(`${prefix}.ln_1.bias`, [D]);
    shapes.set(`${prefix}.attn.c_attn.weight`, [D, 3 * D]);
    shapes.set(`${prefix}.attn.c_attn.bias`, [3 * D]);
    shapes.set(`${prefix}.attn.c_proj.weight`, [D, D]);
    shapes.set(`${prefix}.attn.c_proj.bias`, [D]);
    shapes.set(`${prefix}.ln_2.weight`, [D]);
    shapes.set(`${prefix}.ln_2.bias`, [D]);
    shapes.set(`${prefix}.mlp.c_fc.weight`, [D, 4 * D]);
    shapes.set(`${prefix}.mlp.c_fc.bias`, [4 * D]);
    shapes.set(`${prefix}.mlp.c_proj.weight`, [4 * D, D]);
    shapes.set(`${prefix}.mlp.c_proj.bias`, [D]);
  }
  shapes.set('transformer.ln_f.weight', [D]);
  shapes.set('transformer.ln_f.bias', [D]);
  return shapes;
}
