// A GPT-2-family decoder with its weights under Hugging Face names.
//
//   x = wte[ids] + wpe[positions]
//   for each layer:  x = x + attention(ln_1(x));  x = x + mlp(ln_2(x))
//   hidden = ln_f(x);  logits = hidden · wteᵀ
//
// Simplified against Hugging Face: no dropout, tied unembedding only, one tanh GELU.

import * as tf from '@tensorflow/tfjs-core';
import { attention, embed, gelu, layerNorm, linear, matMul, swapLastTwo } from '../engine/ops.ts';
import { Random } from '../engine/random.ts';
import { readModelFolder } from '../weights/model-folder.ts';
import type { HostTensor } from '../weights/safetensors.ts';
import { expectedShapes, parseConfig, toConfigJson, type CausalLmConfig } from './config.ts';

export type { CausalLmConfig } from './config.ts';

/** GPT-2's: every weight and embedding N(0, 0.02), residual projections smaller by √(2 · layers). */
const INITIALIZER_STD = 0.02;
/** TF.js wants variable names unique in the process; several models share the Hugging Face ones. */
let variableCount = 0;
export function newVariable(name: string, tensor: HostTensor): tf.Variable {
  const initial = tf.tensor(Float32Array.from(tensor.values), [...tensor.shape], 'float32');
  const variable = tf.variable(initial, true, `${name}#${variableCount++}`);
  initial.dispose();
  return variable;
}

export class CausalLm {
  readonly config: CausalLmConfig;
  readonly params: ReadonlyMap<string, tf.Variable>;

  /** `tensors` may hold more than the model's own (heads); those are left alone. */
  constructor(config: CausalLmConfig, tensors: ReadonlyMap<string, HostTensor>) {
    this.config = parseConfig(toConfigJson(config), 'This configuration');
    const params = new Map<string, tf.Variable>();
    for (const [name, shape] of expectedShapes(config)) {
      const tensor = tensors.get(name);
      if (tensor === undefined) throw new Error(`The tensor ${name} is missing.`);
      if (tensor.shape.join() !== shape.join()) {
        throw new Error(
          `The tensor ${name} has shape [${tensor.shape.join(', ')}], not [${shape.join(', ')}].`,
        );
      }
      params.set(name, newVariable(name, tensor));
    }
    this.params = params;
  }

  static async fromFolder(dir: string): Promise<CausalLm> {
    const folder = await readModelFolder(dir);
    return new CausalLm(folder.config, folder.tensors);
  }

  /** Fresh weights, the same for the same seed on every machine. */
  static random(config: CausalLmConfig, seed: number): CausalLm {
    const random = new Random(seed);
    const tensors = new Map<string, HostTensor>();
    for (const [name, shape] of expectedShapes(config)) {
      const values = new Float32Array(shape.reduce((product, n) => product * n, 1));
      if (/\.ln_\w+\.weight$/.test(name)) values.fill(1);
      else if (!name.endsWith('.bias')) {
        const std = name.endsWith('c_proj.weight')
          ? INITIALIZER_STD / Math.sqrt(2 * config.nLayer)
          : INITIALIZER_STD;
        for (let i = 0; i < values.length; i++) values[i] = std * random.normal();
      }
      tensors.set(name, { shape, values });
    }
    return new CausalLm(config, tensors);
  }

  /** An independent model with the same weights. */
  clone(): CausalLm {
    return new CausalLm(this.config, this.hostTensors());
  }

  /** The weights in ordinary memory, by Hugging Face name. */
  hostTensors(): Map<string, HostTensor> {
    return new Map(
      [...this.params].map(([name, variable]) => [
        name,
        { shape: variable.shape, values: Float32Array.from(variable.dataSync()) },
      ]),
    );
  }

  param(name: string): tf.Variable {
    const variable = this.params.get(name);
    if (variable === undefined) throw new Error(`The model has no tensor ${name}.`);
    return variable;
  }

  /**
   * Final hidden states, after the last layer norm; differentiable with respect to the parameters.
   *
   * `ids` [B, T] int32; `mask` [B, T], 1 for real tokens and 0 for padding, on either side. Positions count the real
   * tokens, so that a row means the same wherever its padding is. States at padding are defined but meaningless.
   */
  hidden(ids: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor3D {
    const [B, T] = ids.shape;
    const { nEmbd: D, nLayer, nPositions, layerNormEpsilon } = this.config;
    if (mask.shape[0] !== B || mask.shape[1] !== T) {
      throw new Error(`The mask has shape [${mask.shape.join(', ')}], the ids [${ids.shape.join(', ')}].`);
    }
    if (T > nPositions)
      throw new Error(`A sequence of ${T} tokens does not fit a model of ${nPositions} positions.`);
    return tf.tidy(() => {
      const realTokens = tf.cast(mask, 'float32');
      const positions = tf.cast(tf.relu(tf.sub(tf.cumsum(realTokens, 1), 1)), 'int32');
      const tokenRows = embed(this.param('transformer.wte.weight'), tf.reshape(ids, [B * T]));
      const positionRows = embed(this.param('transformer.wpe.weight'), tf.reshape(positions, [B * T]));
      let x: tf.Tensor = tf.add(tokenRows, positionRows); // [B·T, D]
      for (let layer = 0; layer < nLayer; layer++) {
        x = tf.add(x, this.#attention(this.#norm(x, `h.${layer}.ln_1`), `h.${layer}.attn`, realTokens));
        x = tf.add(x, this.#mlp(this.#norm(x, `h.${layer}.ln_2`), `h.${layer}.mlp`));
      }
      const final = layerNorm(x, ...this.#pair('ln_f'), layerNormEpsilon);
      return tf.reshape(final, [B, T, D]);
    });
  }

  /** Tied unembedding: hidden [B, T, D] -> [B, T, V]. */
  logits(hidden: tf.Tensor3D): tf.Tensor3D {
    const [B, T, D] = hidden.shape;
    return tf.tidy(() => {
      const unembedding = swapLastTwo(this.param('transformer.wte.weight')); // [D, V]
      return tf.reshape(matMul(tf.reshape(hidden, [B * T, D]), unembedding), [B, T, this.config.vocabSize]);
    });
  }

  dispose(): void {
    for (const variable of this.params.values()) variable.dispose();
  }

  #pair(name: string): [tf.Variable, tf.Variable] {
    return [this.param(`transformer.${name}.weight`), this.param(`transformer.${name}.bias`)];
  }

  #norm(x: tf.Tensor, name: string): tf.Tensor {
    return layerNorm(x, ...this.#pair(name), this.config.layerNormEpsilon);
  }

  #attention(x: tf.Tensor, name: string, realTokens: tf.Tensor): tf.Tensor {
    const qkv = linear(x, ...this.#pair(`${name}.c_attn`)); // [B·T, 3·D]
    return linear(attention(qkv, realTokens, this.config.nHead), ...this.#pair(`${name}.c_proj`)); // [B·T, D]
  }

  #mlp(x: tf.Tensor, name: string): tf.Tensor {
    return linear(gelu(linear(x, ...this.#pair(`${name}.c_fc`))), ...this.#pair(`${name}.c_proj`));
  }
}
