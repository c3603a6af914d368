// The forward pass of the GPT-2 family (Radford et al. 2019), a pure function of weights and inputs.
//
//   x = wte[ids] + wpe[positions]
//   for each layer:  x = x + attention(ln_1(x));  x = x + mlp(ln_2(x))
//   hidden = ln_f(x);  logits = hidden · wteᵀ
//
// Simplified against Hugging Face: no dropout, tied unembedding only, one tanh GELU.

import * as tf from '@tensorflow/tfjs-core';
import { attention, embed, gelu, layerNorm, linear } from '../engine/ops.ts';
import type { Gpt2Config } from './gpt2-config.ts';
import { positionsOf } from './positions.ts';
import { rowsAt } from './rows-at.ts';
import type { Weights } from './weights.ts';

/** ids [B, T] int32, mask [B, T], 1 = real token -> final hidden states [B·T, D], or those at `columns` [B, N]. */
export function gpt2Hidden(
  config: Gpt2Config,
  weights: Weights,
  ids: tf.Tensor2D,
  mask: tf.Tensor2D,
  columns: tf.Tensor2D | null,
): tf.Tensor {
  const { layerNormEpsilon: eps, nHead } = config;
  const pair = (name: string): [tf.Tensor, tf.Tensor] => [
    weights(`transformer.${name}.weight`),
    weights(`transformer.${name}.bias`),
  ];
  const realTokens = tf.cast(mask, 'float32');
  const positions = tf.cast(positionsOf(realTokens), 'int32');
  const tokenRows = embed(weights('transformer.wte.weight'), tf.reshape(ids, [ids.size]));
  const positionRows = embed(weights('transformer.wpe.weight'), tf.reshape(positions, [ids.size]));
  let x: tf.Tensor = tf.add(tokenRows, positionRows); // [B·T, D]
  for (let layer = 0; layer < config.nLayer; layer++) {
    const at = `h.${layer}`;
    const qkv = linear(layerNorm(x, ...pair(`${at}.ln_1`), eps), ...pair(`${at}.attn.c_attn`)); // [B·T, 3·D]
    const wanted = layer === config.nLayer - 1 ? columns : null;
    const attended = rowsAt(attention(qkv, realTokens, nHead), wanted, ids.shape[1]);
    x = tf.add(rowsAt(x, wanted, ids.shape[1]), linear(attended, ...pair(`${at}.attn.c_proj`))); // [B·T, D]
    const inner = gelu(linear(layerNorm(x, ...pair(`${at}.ln_2`), eps), ...pair(`${at}.mlp.c_fc`))); // [B·T, 4·D]
    x = tf.add(x, linear(inner, ...pair(`${at}.mlp.c_proj`))); // [B·T, D]
  }
  return layerNorm(x, ...pair('ln_f'), eps);
}
