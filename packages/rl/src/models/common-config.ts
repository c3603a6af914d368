// What config.json says in the same words for every family.

import { z } from 'zod';

export interface CommonConfig {
  readonly vocabSize: number;
  /** The longest sequence: rows of GPT-2's position table, max_position_embeddings elsewhere. */
  readonly nPositions: number;
  /** Features of the residual stream, D. */
  readonly nEmbd: number;
  readonly nLayer: number;
  readonly nHead: number;
  readonly bosTokenId?: number;
  /** Ends a text; the first where config.json lists several. */
  readonly eosTokenId?: number;
  /** The others: an output ends with any of them. */
  readonly furtherEosTokenIds?: readonly number[];
  readonly padTokenId?: number;
}

/** Sizes above these are a mistake here, and refused before anything is allocated. */
export const Size = z.number().int().min(1).max(1_000_000);
export const LayerCount = z.number().int().min(1).max(1_000);
export const HeadCount = z.number().int().min(1).max(10_000);
const TokenId = z.number().int().nonnegative();

/** Some early Llama files say -1 for "none". */
const OptionalTokenId = z.union([TokenId, z.literal(-1)]).nullish();

/** The keys that are spelled alike everywhere. */
export const commonSchemas = {
  vocab_size: Size,
  quantization_config: z.null().optional(),
  bos_token_id: OptionalTokenId,
  eos_token_id: z.union([OptionalTokenId, z.array(TokenId).min(1).max(100)]),
  pad_token_id: OptionalTokenId,
};

export function commonOf(json: {
  vocab_size: number;
  bos_token_id?: number | null | undefined;
  eos_token_id?: number | number[] | null | undefined;
  pad_token_id?: number | null | undefined;
}): Pick<CommonConfig, 'vocabSize' | 'bosTokenId' | 'eosTokenId' | 'furtherEosTokenIds' | 'padTokenId'> {
  const [bos, pad] = [json.bos_token_id, json.pad_token_id];
  const ends = Array.isArray(json.eos_token_id) ? json.eos_token_id : [json.eos_token_id];
  const [eos, ...further] = ends.filter((id) => id != null && id !== -1);
  return {
    vocabSize: json.vocab_size,
    ...(bos != null && bos !== -1 && { bosTokenId: bos }),
    ...(eos != null && { eosTokenId: eos }),
    ...(further.length > 0 && { furtherEosTokenIds: further.filter((id) => id != null) }),
    ...(pad != null && pad !== -1 && { padTokenId: pad }),
  };
}

/** An absent id is written as null: left out, transformers would put its own default there. */
export function commonJson(config: CommonConfig & { readonly modelType: string }): Record<string, unknown> {
  const { bosTokenId = null, eosTokenId = null, furtherEosTokenIds = [], padTokenId = null } = config;
  return {
    model_type: config.modelType,
    vocab_size: config.vocabSize,
    // Whatever the weights were read in. transformers 5 renamed the key; both spellings are written.
    dtype: 'float32',
    torch_dtype: 'float32',
    bos_token_id: bosTokenId,
    eos_token_id: furtherEosTokenIds.length === 0 ? eosTokenId : [eosTokenId, ...furtherEosTokenIds],
    pad_token_id: padTokenId,
  };
}
