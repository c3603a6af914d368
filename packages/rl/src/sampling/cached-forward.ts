// The forward pass over new tokens that follow cached ones, of either family, composed of stock kernels without
// gradients: what a recorded prefill or decoding step computes.
//
// Every row holds its last token at the same place: prompts are padded on the left. So one slice of the caches takes
// the new keys and values of all rows.

import * as tf from '@tensorflow/tfjs-core';
import { embed, gelu, layerNorm, linear } from '../engine/ops.ts';
import { gatedSilu, rmsNorm, rotate, type Rotation } from '../models/llama-ops.ts';
import type { LlamaConfig } from '../models/llama-config.ts';
import { tiedEmbeddingOf, UNTIED_HEAD, type CausalLmConfig } from '../models/config.ts';
import type { Gpt2Config } from '../models/gpt2-config.ts';
import { inverseFrequencies } from '../models/rope-config.ts';
import type { Weights } from '../models/weights.ts';

/** Keys and values of one layer, both [B, keyValueHeads, tokens, headDim]. */
export interface KeysAndValues {
  readonly keys: tf.Tensor;
  readonly values: tf.Tensor;
}

export interface NewTokens {
  /** [B, T] int32 */
  readonly ids: tf.Tensor2D;
  /** Their places among the real tokens of their row [B, T] int32. */
  readonly positions: tf.Tensor2D;
  /** Subtracted from the scores of new tokens by new tokens, 0 where a key is seen; broadcasts to [B, H, T, T]. */
  readonly hiddenNew: tf.Tensor;
  /** What came before, by layer, and what is subtracted from its scores, broadcasting to [B, H, T, C]. */
  readonly cached: { readonly layers: readonly KeysAndValues[]; readonly hidden: tf.Tensor } | null;
}

export interface ForwardResult {
  /** Of what follows the last token of each row [B, V]. */
  readonly logits: tf.Tensor2D;
  /** Of the new tokens, by layer. */
  readonly layers: readonly KeysAndValues[];
}

export function forwardNewTokens(config: CausalLmConfig, weights: Weights, tokens: NewTokens): ForwardResult {
  const [B, T] = tokens.ids.shape;
  const layers: KeysAndValues[] = [];
  const mix = (layer: number, { queries, ...own }: QueriesKeysValues): tf.Tensor => {
    layers.push(own);
    return attend(queries, own, tokens, tokens.cached?.layers[layer]);
  };
  const hidden =
    config.modelType === 'gpt2'
      ? gpt2Blocks(config, weights, tokens, mix)
      : llamaBlocks(config, weights, tokens, mix); // [B·T, D]
  const last = tf.slice(tf.reshape(hidden, [B, T, config.nEmbd]), [0, T - 1, 0], [B, 1, config.nEmbd]);
  const tied = tiedEmbeddingOf(config);
  const unembedding = weights(tied ?? UNTIED_HEAD); // [V, D] if tied, else [D, V]
  const logits = tf.matMul(tf.reshape(last, [B, config.nEmbd]), unembedding, false, tied !== null);
  return { logits: tf.reshape(logits, [B, config.vocabSize]), layers };
}

interface QueriesKeysValues extends KeysAndValues {
  /** [B, H, T, headDim] */
  readonly queries: tf.Tensor;
}
/** What attention of a layer gives out, [B·T, H · headDim]. */
type Mix = (layer: number, parts: QueriesKeysValues) => tf.Tensor;

/** See models/gpt2.ts. */
function gpt2Blocks(
  { layerNormEpsilon: eps, nHead: H, nEmbd: D, nLayer }: Gpt2Config,
  weights: Weights,
  { ids, positions }: NewTokens,
  mix: Mix,
): tf.Tensor {
  const [B, T] = ids.shape;
  const pair = (name: string): [tf.Tensor, tf.Tensor] => [
    weights(`transformer.${name}.weight`),
    weights(`transformer.${name}.bias`),
  ];
  const tokenRows = embed(weights('transformer.wte.weight'), tf.reshape(ids, [B * T]));
  const positionRows = embed(weights('transformer.wpe.weight'), tf.reshape(positions, [B * T]));
  let x: tf.Tensor = tf.add(tokenRows, positionRows); // [B·T, D]
  for (let layer = 0; layer < nLayer; layer++) {
    const at = `h.${layer}`;
    const qkv = linear(layerNorm(x, ...pair(`${at}.ln_1`), eps), ...pair(`${at}.attn.c_attn`)); // [B·T, 3·D]
    const perHead = tf.transpose(tf.reshape(qkv, [B, T, 3, H, D / H]), [2, 0, 3, 1, 4]); // [3, B, H, T, hd]
    const part = (i: number): tf.Tensor =>
      tf.reshape(tf.slice(perHead, [i, 0, 0, 0, 0], [1, B, H, T, D / H]), [B, H, T, D / H]);
    const mixed = mix(layer, { queries: part(0), keys: part(1), values: part(2) });
    x = tf.add(x, linear(mixed, ...pair(`${at}.attn.c_proj`)));
    const inner = gelu(linear(layerNorm(x, ...pair(`${at}.ln_2`), eps), ...pair(`${at}.mlp.c_fc`))); // [B·T, 4·D]
    x = tf.add(x, linear(inner, ...pair(`${at}.mlp.c_proj`)));
  }
  return layerNorm(x, ...pair('ln_f'), eps);
}

/** See models/llama.ts. */
function llamaBlocks(config: LlamaConfig, weights: Weights, tokens: NewTokens, mix: Mix): tf.Tensor {
  const [B, T] = tokens.ids.shape;
  const { headDim, nHead, nKeyValueHeads, rmsNormEpsilon: eps } = config;
  const project = (name: string, x: tf.Tensor, hasBias: boolean): tf.Tensor => {
    const weight = weights(`${name}.weight`);
    return hasBias ? linear(x, weight, weights(`${name}.bias`)) : tf.matMul(x, weight);
  };
  const rotation = rotationOf(config, tokens.positions);
  const inOrder = (x: tf.Tensor, heads: number): tf.Tensor =>
    tf.transpose(tf.reshape(x, [B, T, heads, headDim]), [0, 2, 1, 3]); // [B, heads, T, hd]
  let x: tf.Tensor = embed(weights('model.embed_tokens.weight'), tf.reshape(tokens.ids, [B * T])); // [B·T, D]
  for (let layer = 0; layer < config.nLayer; layer++) {
    const at = `model.layers.${layer}`;
    const normed = rmsNorm(x, weights(`${at}.input_layernorm.weight`), eps);
    const inHeads = (part: 'q' | 'k' | 'v', heads: number): tf.Tensor =>
      tf.reshape(project(`${at}.self_attn.${part}_proj`, normed, config.hasQkvBias), [B * T, heads, headDim]);
    const mixed = mix(layer, {
      queries: inOrder(rotate(inHeads('q', nHead), rotation), nHead),
      keys: inOrder(rotate(inHeads('k', nKeyValueHeads), rotation), nKeyValueHeads),
      values: inOrder(inHeads('v', nKeyValueHeads), nKeyValueHeads),
    });
    x = tf.add(x, project(`${at}.self_attn.o_proj`, mixed, config.hasOutputBias));
    const rest = rmsNorm(x, weights(`${at}.post_attention_layernorm.weight`), eps);
    const gate = project(`${at}.mlp.gate_proj`, rest, config.hasMlpBias); // [B·T, inner]
    const up = project(`${at}.mlp.up_proj`, rest, config.hasMlpBias); // [B·T, inner]
    x = tf.add(x, project(`${at}.mlp.down_proj`, gatedSilu(gate, up), config.hasMlpBias));
  }
  return rmsNorm(x, weights('model.norm.weight'), eps);
}

/** cos and sin of position · ω for every token, [B·T, 1, headDim / 2]. */
function rotationOf({ rope, headDim }: LlamaConfig, positions: tf.Tensor): Rotation {
  const places = tf.reshape(tf.cast(positions, 'float32'), [positions.size, 1, 1]);
  const angles = tf.mul(places, tf.tensor1d(inverseFrequencies(rope, headDim)));
  return { cos: tf.cos(angles), sin: tf.sin(angles) };
}

/**
 * softmax over cached and new keys together -> [B·T, H · headDim]. The query heads that share a head of keys stand one
 * after another, so that they are rows of one product.
 */
function attend(
  queries: tf.Tensor,
  own: KeysAndValues,
  { hiddenNew, cached }: NewTokens,
  past: KeysAndValues | undefined,
): tf.Tensor {
  const [B = 0, H = 0, T = 0, hd = 0] = queries.shape;
  const KV = own.keys.shape[1] ?? 0;
  const grouped = tf.reshape(tf.mul(queries, 1 / Math.sqrt(hd)), [B, KV, (H / KV) * T, hd]);
  const scoresOf = (keys: tf.Tensor, hidden: tf.Tensor): tf.Tensor =>
    tf.sub(tf.reshape(product(grouped, keys, true), [B, H, T, keys.shape[2] ?? 0]), hidden);
  const mixOf = (weights: tf.Tensor, values: tf.Tensor): tf.Tensor =>
    product(tf.reshape(weights, [B, KV, (H / KV) * T, values.shape[2] ?? 0]), values, false); // [B, KV, H / KV · T, hd]
  const newScores = scoresOf(own.keys, hiddenNew); // [B, H, T, T]
  let mixed: tf.Tensor;
  if (cached === null || past === undefined) mixed = mixOf(tf.softmax(newScores), own.values);
  else {
    const C = past.keys.shape[2] ?? 0;
    const weights = tf.softmax(tf.concat([scoresOf(past.keys, cached.hidden), newScores], 3)); // [B, H, T, C + T]
    const [ofPast, ofNew] = tf.split(weights, [C, T], 3);
    if (ofPast === undefined || ofNew === undefined) throw new Error('Attention weights were not split.');
    mixed = tf.add(mixOf(ofPast, past.values), mixOf(ofNew, own.values));
  }
  return tf.reshape(tf.transpose(tf.reshape(mixed, [B, H, T, hd]), [0, 2, 1, 3]), [B * T, H * hd]);
}

/**
 * x · y or x · yᵀ of each head; with the one new token of a decoding step as y without a product of matrices, whose
 * fixed cost for each row and head is more than the arithmetic.
 */
function product(x: tf.Tensor, y: tf.Tensor, transposeY: boolean): tf.Tensor {
  if (y.shape[2] !== 1) return tf.matMul(x, y, false, transposeY);
  return transposeY ? tf.sum(tf.mul(x, y), -1, true) : tf.mul(x, y);
}
