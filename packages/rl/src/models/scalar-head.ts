// One number per token from a hidden state: the reward head ("score") and the value head.

import * as tf from '@tensorflow/tfjs-core';
import { matMul } from '../engine/ops.ts';
import { Random } from '../engine/random.ts';
import type { HostTensor } from '../weights/safetensors.ts';
import { newVariable } from './causal-lm.ts';

export class ScalarHead {
  /** "score" (reward) or "v_head.summary" (value), as in Hugging Face and TRL files. */
  readonly name: string;
  /** [D, 1]. A file holds it as [1, D], the layout of PyTorch's Linear. */
  readonly weight: tf.Variable;
  /** [1], where there is one. */
  readonly bias: tf.Variable | null;

  constructor(name: string, tensors: ReadonlyMap<string, HostTensor>, nEmbd: number) {
    const weight = tensors.get(`${name}.weight`);
    if (weight === undefined) throw new Error(`The tensor ${name}.weight is missing.`);
    if (weight.shape.join() !== `1,${nEmbd}`) {
      throw new Error(`The tensor ${name}.weight has shape [${weight.shape.join(', ')}], not [1, ${nEmbd}].`);
    }
    const bias = tensors.get(`${name}.bias`);
    if (bias !== undefined && bias.shape.join() !== '1') {
      throw new Error(`The tensor ${name}.bias has shape [${bias.shape.join(', ')}], not [1].`);
    }
    this.name = name;
    this.weight = newVariable(`${name}.weight`, { shape: [nEmbd, 1], values: weight.values });
    this.bias = bias === undefined ? null : newVariable(`${name}.bias`, bias);
  }

  /** Weights N(0, std); std 0 starts a head that says 0 everywhere. */
  static random(
    name: string,
    nEmbd: number,
    options: { readonly seed: number; readonly std?: number; readonly withBias?: boolean },
  ): ScalarHead {
    const random = new Random(options.seed);
    const std = options.std ?? 1 / Math.sqrt(nEmbd + 1);
    const values = Float32Array.from({ length: nEmbd }, () => std * random.normal());
    const tensors = new Map<string, HostTensor>([[`${name}.weight`, { shape: [1, nEmbd], values }]]);
    if (options.withBias === true) tensors.set(`${name}.bias`, { shape: [1], values: new Float32Array(1) });
    return new ScalarHead(name, tensors, nEmbd);
  }

  get params(): readonly tf.Variable[] {
    return this.bias === null ? [this.weight] : [this.weight, this.bias];
  }

  /** hidden [B, T, D] -> [B, T]. */
  apply(hidden: tf.Tensor3D): tf.Tensor2D {
    const [B, T, D] = hidden.shape;
    return tf.tidy(() => {
      const scores = matMul(tf.reshape(hidden, [B * T, D]), this.weight);
      return tf.reshape(this.bias === null ? scores : tf.add(scores, this.bias), [B, T]);
    });
  }

  /** The weights in ordinary memory, by file name. */
  hostTensors(): Map<string, HostTensor> {
    const D = this.weight.size;
    const tensors = new Map<string, HostTensor>();
    tensors.set(`${this.name}.weight`, { shape: [1, D], values: Float32Array.from(this.weight.dataSync()) });
    if (this.bias !== null) {
      tensors.set(`${this.name}.bias`, { shape: [1], values: Float32Array.from(this.bias.dataSync()) });
    }
    return tensors;
  }

  dispose(): void {
    for (const variable of this.params) variable.dispose();
  }
}
