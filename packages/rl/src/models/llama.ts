// The forward pass of the Llama family (Touvron et al. 2023), a pure function of weights and inputs.
//
//   x = embed_tokens[ids]
//   for each layer:  x = x + attention(input_layernorm(x));  x = x + mlp(post_attention_layernorm(x))
//   hidden = norm(x);  logits = hidden · lm_head (or embed_tokensᵀ, where they are tied)
//
// attention: queries and keys are turned by their positions, a head of keys and values serves a group of query heads.
// mlp: down(silu(gate(x)) · up(x)).

import * as tf from '@tensorflow/tfjs-core';
import { attention, embed, linear, matMul } from '../engine/ops.ts';
import { gatedSilu, repeatHeads, rmsNorm, rotate, type Rotation } from './llama-ops.ts';
import type { LlamaConfig } from './llama-config.ts';
import { positionsOf } from './positions.ts';
import { rowsAt } from './rows-at.ts';
import { inverseFrequencies } from './rope-config.ts';
import type { Weights } from './weights.ts';

/** ids [B, T] int32, mask [B, T], 1 = real token -> final hidden states [B·T, D], or those at `columns` [B, N]. */
export function llamaHidden(
  config: LlamaConfig,
  weights: Weights,
  ids: tf.Tensor2D,
  mask: tf.Tensor2D,
  columns: tf.Tensor2D | null,
): tf.Tensor {
  const norm = (x: tf.Tensor, name: string): tf.Tensor =>
    rmsNorm(x, weights(`model.${name}.weight`), config.rmsNormEpsilon);
  const realTokens = tf.cast(mask, 'float32');
  const rotation = rotationOf(config, realTokens);
  let x: tf.Tensor = embed(weights('model.embed_tokens.weight'), tf.reshape(ids, [ids.size])); // [B·T, D]
  for (let layer = 0; layer < config.nLayer; layer++) {
    const at = `layers.${layer}`;
    const normed = norm(x, `${at}.input_layernorm`);
    const wanted = layer === config.nLayer - 1 ? columns : null;
    const name = `model.${at}.self_attn`;
    const attended = selfAttention(config, weights, name, normed, realTokens, rotation); // [B·T, H·hd]
    const output = rowsAt(attended, wanted, ids.shape[1]);
    x = tf.add(
      rowsAt(x, wanted, ids.shape[1]),
      project(weights, `${name}.o_proj`, output, config.hasOutputBias),
    );
    x = tf.add(x, gatedMlp(config, weights, `model.${at}.mlp`, norm(x, `${at}.post_attention_layernorm`)));
  }
  return norm(x, 'norm');
}

/** cos and sin of position · ω for every token, [B·T, 1, headDim / 2]. */
function rotationOf({ rope, headDim }: LlamaConfig, realTokens: tf.Tensor): Rotation {
  const frequencies = tf.tensor1d(inverseFrequencies(rope, headDim));
  const angles = tf.mul(tf.reshape(positionsOf(realTokens), [realTokens.size, 1, 1]), frequencies);
  return { cos: tf.cos(angles), sin: tf.sin(angles) };
}

function selfAttention(
  { nHead, nKeyValueHeads, headDim, hasQkvBias }: LlamaConfig,
  weights: Weights,
  name: string,
  x: tf.Tensor,
  realTokens: tf.Tensor,
  rotation: Rotation,
): tf.Tensor {
  const N = realTokens.size; // B·T
  const inHeads = (part: 'q' | 'k' | 'v', heads: number): tf.Tensor =>
    tf.reshape(project(weights, `${name}.${part}_proj`, x, hasQkvBias), [N, heads, headDim]);
  const queries = rotate(inHeads('q', nHead), rotation); // [B·T, H, hd]
  const keys = repeatHeads(rotate(inHeads('k', nKeyValueHeads), rotation), nHead / nKeyValueHeads); // [B·T, H, hd]
  const values = repeatHeads(inHeads('v', nKeyValueHeads), nHead / nKeyValueHeads); // [B·T, H, hd]
  const qkv = tf.reshape(tf.concat([queries, keys, values], 1), [N, 3 * nHead * headDim]);
  return attention(qkv, realTokens, nHead);
}

function gatedMlp({ hasMlpBias }: LlamaConfig, weights: Weights, name: string, x: tf.Tensor): tf.Tensor {
  const gate = project(weights, `${name}.gate_proj`, x, hasMlpBias); // [B·T, inner]
  const up = project(weights, `${name}.up_proj`, x, hasMlpBias); // [B·T, inner]
  return project(weights, `${name}.down_proj`, gatedSilu(gate, up), hasMlpBias);
}

function project(weights: Weights, name: string, x: tf.Tensor, hasBias: boolean): tf.Tensor {
  const weight = weights(`${name}.weight`);
  return hasBias ? linear(x, weight, weights(`${name}.bias`)) : matMul(x, weight);
}
