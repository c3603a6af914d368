// config.json and the tensors of the Llama family: Llama 1 to 3, and Qwen2, which adds biases to q, k and v.

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
import { ropeConfigJson, ropeOf, ropeSchemas, type RopeConfig } from './rope-config.ts';
import type { TensorSpec } from './tensor-spec.ts';

export const LLAMA_TYPES = ['llama', 'qwen2'] as const;

export interface LlamaConfig extends CommonConfig {
  readonly modelType: (typeof LLAMA_TYPES)[number];
  /** Heads of keys and values; each serves nHead / nKeyValueHeads query heads (Ainslie et al. 2023). */
  readonly nKeyValueHeads: number;
  readonly headDim: number;
  /** Width of the gated layer. */
  readonly nInner: number;
  readonly rmsNormEpsilon: number;
  readonly rope: RopeConfig;
  readonly isTied: boolean;
  /** Whether q, k and v have biases (Qwen2 always), and whether the output of attention and the gated layer do. */
  readonly hasQkvBias: boolean;
  readonly hasOutputBias: boolean;
  readonly hasMlpBias: boolean;
}

export const LlamaConfigSchema = z.looseObject({
  model_type: z.enum(LLAMA_TYPES),
  ...commonSchemas,
  max_position_embeddings: Size,
  hidden_size: Size,
  intermediate_size: Size,
  num_hidden_layers: LayerCount,
  num_attention_heads: HeadCount,
  num_key_value_heads: HeadCount.nullish(),
  head_dim: Size.nullish(),
  rms_norm_eps: z.number().positive().default(1e-6),
  hidden_act: z.literal('silu').default('silu'),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  use_sliding_window: z.literal(false).default(false),
  ...ropeSchemas,
});

export function toLlamaConfig(json: z.infer<typeof LlamaConfigSchema>): LlamaConfig {
  const isQwen2 = json.model_type === 'qwen2';
  return {
    modelType: json.model_type,
    nPositions: json.max_position_embeddings,
    nEmbd: json.hidden_size,
    nLayer: json.num_hidden_layers,
    nHead: json.num_attention_heads,
    nKeyValueHeads: json.num_key_value_heads ?? json.num_attention_heads,
    headDim: json.head_dim ?? json.hidden_size / json.num_attention_heads,
    nInner: json.intermediate_size,
    rmsNormEpsilon: json.rms_norm_eps,
    rope: ropeOf(json),
    isTied: json.tie_word_embeddings,
    hasQkvBias: isQwen2 || json.attention_bias,
    hasOutputBias: !isQwen2 && json.attention_bias,
    hasMlpBias: !isQwen2 && json.mlp_bias,
    ...commonOf(json),
  };
}

export function llamaConfigJson(config: LlamaConfig): Record<string, unknown> {
  const isQwen2 = config.modelType === 'qwen2';
  return {
    architectures: [isQwen2 ? 'Qwen2ForCausalLM' : 'LlamaForCausalLM'],
    attention_dropout: 0,
    head_dim: config.headDim,
    hidden_act: 'silu',
    hidden_size: config.nEmbd,
    intermediate_size: config.nInner,
    max_position_embeddings: config.nPositions,
    num_attention_heads: config.nHead,
    num_hidden_layers: config.nLayer,
    num_key_value_heads: config.nKeyValueHeads,
    rms_norm_eps: config.rmsNormEpsilon,
    tie_word_embeddings: config.isTied,
    ...(isQwen2
      ? { use_sliding_window: false }
      : { attention_bias: config.hasQkvBias, mlp_bias: config.hasMlpBias }),
    ...ropeConfigJson(config.rope),
    ...commonJson(config),
  };
}

const INITIALIZER_STD = 0.02;

export function expectedLlamaTensors(config: LlamaConfig): Map<string, TensorSpec> {
  const { nEmbd: D, nInner, headDim, vocabSize, hasQkvBias, hasOutputBias, hasMlpBias } = config;
  const [queryWidth, keyWidth] = [config.nHead * headDim, config.nKeyValueHeads * headDim];
  const tensors = new Map<string, TensorSpec>();
  const addNorm = (name: string): void => {
    tensors.set(`${name}.weight`, { shape: [D], isLinear: false, initial: { constant: 1 } });
  };
  const addLinear = (name: string, shape: readonly [number, number], hasBias = false): void => {
    tensors.set(`${name}.weight`, { shape, isLinear: true, initial: { std: INITIALIZER_STD } });
    if (hasBias)
      tensors.set(`${name}.bias`, { shape: [shape[0]], isLinear: false, initial: { constant: 0 } });
  };
  const embedding = { shape: [vocabSize, D], isLinear: false, initial: { std: INITIALIZER_STD } };
  tensors.set('model.embed_tokens.weight', embedding);
  for (let layer = 0; layer < config.nLayer; layer++) {
    const prefix = `model.layers.${layer}`;
    addNorm(`${prefix}.input_layernorm`);
    addLinear(`${prefix}.self_attn.q_proj`, [queryWidth, D], hasQkvBias);
    addLinear(`${prefix}.self_attn.k_proj`, [keyWidth, D], hasQkvBias);
    addLinear(`${prefix}.self_attn.v_proj`, [keyWidth, D], hasQkvBias);
    addLinear(`${prefix}.self_attn.o_proj`, [D, queryWidth], hasOutputBias);
    addNorm(`${prefix}.post_attention_layernorm`);
    addLinear(`${prefix}.mlp.gate_proj`, [nInner, D], hasMlpBias);
    addLinear(`${prefix}.mlp.up_proj`, [nInner, D], hasMlpBias);
    addLinear(`${prefix}.mlp.down_proj`, [D, nInner], hasMlpBias);
  }
  addNorm('model.norm');
  if (!config.isTied) addLinear('lm_head', [vocabSize, D]);
  return tensors;
}
