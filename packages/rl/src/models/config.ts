// config.json in Hugging Face's words, and what of it this code can run. One family per file: gpt2.ts, llama.ts.

import { z } from 'zod';
import {
  expectedGpt2Tensors,
  Gpt2ConfigSchema,
  gpt2ConfigJson,
  toGpt2Config,
  type Gpt2Config,
} from './gpt2-config.ts';
import {
  expectedLlamaTensors,
  LLAMA_TYPES,
  LlamaConfigSchema,
  llamaConfigJson,
  toLlamaConfig,
  type LlamaConfig,
} from './llama-config.ts';
import type { TensorSpec } from './tensor-spec.ts';

export type CausalLmConfig = Gpt2Config | LlamaConfig;

/** The unembedding of a model whose embedding does not serve as one. */
export const UNTIED_HEAD = 'lm_head.weight';

const MODEL_TYPES = ['gpt2', ...LLAMA_TYPES] as const;
const FamilySchema = z.looseObject({ model_type: z.enum(MODEL_TYPES) });

/**
 * Checks a parsed config.json; `where` opens the sentence of a refusal.
 *
 * @throws Error naming the key that is not supported, what it holds and what would be
 */
export function parseConfig(json: unknown, where: string): CausalLmConfig {
  const { model_type: type } = parseWith(FamilySchema, json, where);
  const config =
    type === 'gpt2'
      ? toGpt2Config(parseWith(Gpt2ConfigSchema, json, where))
      : toLlamaConfig(parseWith(LlamaConfigSchema, json, where));
  const reason = findContradiction(config);
  if (reason !== null) throw new Error(`${where} cannot be used: ${reason}.`);
  return config;
}

function parseWith<T>(schema: z.ZodType<T>, json: unknown, where: string): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0] ?? { path: [], message: '' };
  const held = path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    json,
  );
  const key = path.length === 0 ? 'it' : path.join('.');
  const complaint =
    held === undefined ? `${key} is missing` : `${key}${shown(held)} is not supported (${message})`;
  throw new Error(`${where} cannot be used: ${complaint}.`);
}

/** ` "gelu"`: the refused value where it is short enough to be read. */
function shown(value: unknown): string {
  const text = ['number', 'boolean', 'string'].includes(typeof value) ? JSON.stringify(value) : '';
  return text === '' || text.length > 60 ? '' : ` ${text}`;
}

function findContradiction(config: CausalLmConfig): string | null {
  const { nEmbd, nHead, vocabSize } = config;
  if (config.modelType === 'gpt2') {
    if (nEmbd % nHead !== 0) return `n_embd ${nEmbd} is not a multiple of n_head ${nHead}`;
  } else {
    const { headDim, nKeyValueHeads } = config;
    if (!Number.isInteger(headDim))
      return `hidden_size ${nEmbd} is not a multiple of num_attention_heads ${nHead}`;
    if (headDim % 2 !== 0) return `head_dim ${headDim} is odd; rotary positions need pairs`;
    if (nHead % nKeyValueHeads !== 0)
      return `num_attention_heads ${nHead} is not a multiple of num_key_value_heads ${nKeyValueHeads}`;
  }
  const ids = {
    bos_token_id: [config.bosTokenId],
    eos_token_id: [config.eosTokenId, ...(config.furtherEosTokenIds ?? [])],
    pad_token_id: [config.padTokenId],
  };
  for (const [key, values] of Object.entries(ids)) {
    const stranger = values.find((id) => id !== undefined && id >= vocabSize);
    if (stranger !== undefined) return `${key} ${stranger} is outside the vocabulary of ${vocabSize}`;
  }
  return null;
}

/** The config.json that Hugging Face's class for causal language models reads back as the same model. */
export function toConfigJson(config: CausalLmConfig): Record<string, unknown> {
  return config.modelType === 'gpt2' ? gpt2ConfigJson(config) : llamaConfigJson(config);
}

/** Every tensor of the model by Hugging Face name, in the order of the forward pass. */
export function expectedTensors(config: CausalLmConfig): Map<string, TensorSpec> {
  return config.modelType === 'gpt2' ? expectedGpt2Tensors(config) : expectedLlamaTensors(config);
}

/** The name of the embedding [V, D] that is the unembedding too; null where the model has one of its own. */
export function tiedEmbeddingOf(config: CausalLmConfig): string | null {
  if (config.modelType === 'gpt2') return 'transformer.wte.weight';
  return config.isTied ? 'model.embed_tokens.weight' : null;
}

/** The Hugging Face class that reads the trunk with a scalar head "score". */
export function sequenceClassifierOf({ modelType }: CausalLmConfig): string {
  const prefix = { gpt2: 'GPT2', llama: 'Llama', qwen2: 'Qwen2' }[modelType];
  return `${prefix}ForSequenceClassification`;
}
