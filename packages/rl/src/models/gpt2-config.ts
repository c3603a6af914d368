// config.json and the tensors of the GPT-2 family.

import { z } from 'zod';
import {
  commonJson,
  commonOf,
  commonSchemas,
  HeadCount,
  LayerCount,
  Size,
  type CommonConfig,
} from './common-config.ts';
import type { TensorSpec } from './tensor-spec.ts';

export interface Gpt2Config extends CommonConfig {
  readonly modelType: 'gpt2';
  readonly layerNormEpsilon: number;
}

export const Gpt2ConfigSchema = z
  .looseObject({
    model_type: z.literal('gpt2'),
    ...commonSchemas,
    n_positions: Size,
    n_embd: Size,
    n_layer: LayerCount,
    n_head: HeadCount,
    n_inner: Size.nullish(),
    layer_norm_epsilon: z.number().positive().default(1e-5),
    activation_function: z.enum(['gelu_new', 'gelu_pytorch_tanh']).default('gelu_new'),
    tie_word_embeddings: z.literal(true).default(true),
    scale_attn_weights: z.literal(true).default(true),
    scale_attn_by_inverse_layer_idx: z.literal(false).default(false),
    add_cross_attention: z.literal(false).default(false),
  })
  .refine((c) => c.n_inner == null || c.n_inner === 4 * c.n_embd, {
    path: ['n_inner'],
    message: 'it must be 4 · n_embd',
  });

export function toGpt2Config(json: z.infer<typeof Gpt2ConfigSchema>): Gpt2Config {
  return {
    modelType: 'gpt2',
    nPositions: json.n_positions,
    nEmbd: json.n_embd,
    nLayer: json.n_layer,
    nHead: json.n_head,
    layerNormEpsilon: json.layer_norm_epsilon,
    ...commonOf(json),
  };
}

export function gpt2ConfigJson(config: Gpt2Config): Record<string, unknown> {
  return {
    activation_function: 'gelu_new',
    architectures: ['GPT2LMHeadModel'],
    attn_pdrop: 0,
    embd_pdrop: 0,
    layer_norm_epsilon: config.layerNormEpsilon,
    n_embd: config.nEmbd,
    n_head: config.nHead,
    n_inner: null,
    n_layer: config.nLayer,
    n_positions: config.nPositions,
    resid_pdrop: 0,
    tie_word_embeddings: true,
    ...commonJson(config),
  };
}

/** GPT-2's: every weight and embedding N(0, 0.02), residual projections smaller by √(2 · layers). */
const INITIALIZER_STD = 0.02;

export function expectedGpt2Tensors(config: Gpt2Config): Map<string, TensorSpec> {
  const D = config.nEmbd;
  const residualStd = INITIALIZER_STD / Math.sqrt(2 * config.nLayer);
  const tensors = new Map<string, TensorSpec>();
  const add = (name: string, shape: readonly number[], initial: TensorSpec['initial']): void => {
    tensors.set(`transformer.${name}`, { shape, isLinear: false, initial });
  };
  const addNorm = (name: string): void => {
    add(`${name}.weight`, [D], { constant: 1 });
    add(`${name}.bias`, [D], { constant: 0 });
  };
  const addConv = (name: string, [K, M]: readonly [number, number], std: number): void => {
    add(`${name}.weight`, [K, M], { std });
    add(`${name}.bias`, [M], { constant: 0 });
  };
  add('wte.weight', [config.vocabSize, D], { std: INITIALIZER_STD });
  add('wpe.weight', [config.nPositions, D], { std: INITIALIZER_STD });
  for (let layer = 0; layer < config.nLayer; layer++) {
    addNorm(`h.${layer}.ln_1`);
    addConv(`h.${layer}.attn.c_attn`, [D, 3 * D], INITIALIZER_STD);
    addConv(`h.${layer}.attn.c_proj`, [D, D], residualStd);
    addNorm(`h.${layer}.ln_2`);
    addConv(`h.${layer}.mlp.c_fc`, [D, 4 * D], INITIALIZER_STD);
    addConv(`h.${layer}.mlp.c_proj`, [4 * D, D], residualStd);
  }
  addNorm('ln_f');
  return tensors;
}
