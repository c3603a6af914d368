// A decoder language model with its weights under Hugging Face names: which family it is, where its weights lie.

import * as tf from '@tensorflow/tfjs-core';
import { matMul, swapLastTwo } from '../engine/ops.ts';
import { Random } from '../engine/random.ts';
import { inRowBlocks } from '../engine/row-blocks.ts';
import { readModelFolder } from '../weights/model-folder.ts';
import type { HostTensor } from '../weights/safetensors.ts';
import {
  expectedTensors,
  parseConfig,
  tiedEmbeddingOf,
  toConfigJson,
  UNTIED_HEAD,
  type CausalLmConfig,
} from './config.ts';
import { gpt2Hidden } from './gpt2.ts';
import { llamaHidden } from './llama.ts';
import { rowsAt } from './rows-at.ts';
import { memoryShape, transposed, type TensorSpec } from './tensor-spec.ts';
import type { Weights } from './weights.ts';

export type { CausalLmConfig } from './config.ts';

/** TF.js wants variable names unique in the process; several models share the Hugging Face ones. */
let variableCount = 0;
export function newVariable(name: string, tensor: HostTensor): tf.Variable {
  const initial = tf.tensor(Float32Array.from(tensor.values), [...tensor.shape], 'float32');
  const variable = tf.variable(initial, true, `${name}#${variableCount++}`);
  initial.dispose();
  return variable;
}

/**
 * Final hidden states [B, T, D], or with `columns` [B, N] int32 those of these tokens of each row [B, N, D], after the last norm; differentiable with respect to the weights, which are read
 * through `weights` only.
 *
 * `ids` [B, T] int32; `mask` [B, T], 1 for real tokens and 0 for padding, on either side. Positions count the real
 * tokens, so that a row means the same wherever its padding is. States at padding are defined but meaningless.
 */
export function hiddenStates(
  config: CausalLmConfig,
  weights: Weights,
  ids: tf.Tensor2D,
  mask: tf.Tensor2D,
  columns: tf.Tensor2D | null = null,
): tf.Tensor3D {
  const [B, T] = ids.shape;
  if (mask.shape[0] !== B || mask.shape[1] !== T) {
    throw new Error(`The mask has shape [${mask.shape.join(', ')}], the ids [${ids.shape.join(', ')}].`);
  }
  if (T > config.nPositions)
    throw new Error(`A sequence of ${T} tokens does not fit a model of ${config.nPositions} positions.`);
  return tf.tidy(() => {
    // As many columns as tokens leave nothing out: then they are picked at the end, once.
    const early = columns !== null && columns.shape[1] < T ? columns : null;
    const inputs = early === null ? [ids, mask] : [ids, mask, early];
    const hidden = inRowBlocks(inputs, (blockIds, blockMask, blockColumns?: tf.Tensor2D) =>
      config.modelType === 'gpt2'
        ? gpt2Hidden(config, weights, blockIds, blockMask, blockColumns ?? null)
        : llamaHidden(config, weights, blockIds, blockMask, blockColumns ?? null),
    );
    const wanted = early === null ? rowsAt(hidden, columns, T) : hidden;
    return tf.reshape(wanted, [B, columns?.shape[1] ?? T, config.nEmbd]);
  });
}

/** hidden [B, T, D] -> logits [B, T, V]. */
export function unembed(config: CausalLmConfig, weights: Weights, hidden: tf.Tensor3D): tf.Tensor3D {
  const [B, T, D] = hidden.shape;
  return tf.tidy(() => {
    const tied = tiedEmbeddingOf(config);
    const unembedding = tied === null ? weights(UNTIED_HEAD) : swapLastTwo(weights(tied)); // [D, V]
    return tf.reshape(matMul(tf.reshape(hidden, [B * T, D]), unembedding), [B, T, config.vocabSize]);
  });
}

export class CausalLm {
  readonly config: CausalLmConfig;
  /** By Hugging Face name; Linear weights as [in, out]. */
  readonly params: ReadonlyMap<string, tf.Variable>;
  readonly #specs: ReadonlyMap<string, TensorSpec>;

  /**
   * `tensors` as in a file; they may hold more than the model's own (heads), which are left alone. With `parts` "trunk"
   * the model has no unembedding of its own, as a reward model needs none: then `logits` throws, if it is not tied.
   *
   * @throws Error naming the tensor that is missing or has another shape
   */
  constructor(
    config: CausalLmConfig,
    tensors: ReadonlyMap<string, HostTensor>,
    { parts = 'all' }: { readonly parts?: 'all' | 'trunk' } = {},
  ) {
    this.config = parseConfig(toConfigJson(config), 'This configuration');
    const specs = expectedTensors(config);
    if (parts === 'trunk') specs.delete(UNTIED_HEAD);
    this.#specs = specs;
    const params = new Map<string, tf.Variable>();
    for (const [name, spec] of this.#specs) {
      const tensor = tensors.get(name);
      if (tensor === undefined) throw new Error(`The tensor ${name} is missing.`);
      if (tensor.shape.join() !== spec.shape.join()) {
        throw new Error(
          `The tensor ${name} has shape [${tensor.shape.join(', ')}], not [${spec.shape.join(', ')}].`,
        );
      }
      params.set(name, newVariable(name, toMemory(tensor, spec)));
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
    for (const [name, { shape, initial }] of expectedTensors(config)) {
      const values = new Float32Array(shape.reduce((product, n) => product * n, 1));
      if ('constant' in initial) values.fill(initial.constant);
      else for (let i = 0; i < values.length; i++) values[i] = initial.std * random.normal();
      tensors.set(name, { shape, values });
    }
    return new CausalLm(config, tensors);
  }

  /** An independent model with the same weights. */
  clone(): CausalLm {
    const parts = this.#specs.size < expectedTensors(this.config).size ? 'trunk' : 'all';
    return new CausalLm(this.config, this.hostTensors(), { parts });
  }

  /** The weights in ordinary memory as they belong in a file, by Hugging Face name. */
  hostTensors(): Map<string, HostTensor> {
    const tensors = new Map<string, HostTensor>();
    for (const [name, variable] of this.params) {
      const values = variable.dataSync<'float32'>();
      const isLinear = this.#specs.get(name)?.isLinear === true;
      const shape = isLinear ? variable.shape.toReversed() : variable.shape;
      tensors.set(name, { shape, values: isLinear ? transposed(values, variable.shape) : values.slice() });
    }
    return tensors;
  }

  param(name: string): tf.Variable {
    const variable = this.params.get(name);
    if (variable === undefined) throw new Error(`The model has no tensor ${name}.`);
    return variable;
  }

  /** See `hiddenStates`. */
  hidden(ids: tf.Tensor2D, mask: tf.Tensor2D, columns: tf.Tensor2D | null = null): tf.Tensor3D {
    return hiddenStates(this.config, (name) => this.param(name), ids, mask, columns);
  }

  /** hidden [B, T, D] -> [B, T, V]. */
  logits(hidden: tf.Tensor3D): tf.Tensor3D {
    return unembed(this.config, (name) => this.param(name), hidden);
  }

  dispose(): void {
    for (const variable of this.params.values()) variable.dispose();
  }
}

function toMemory(tensor: HostTensor, spec: TensorSpec): HostTensor {
  if (!spec.isLinear) return tensor;
  return { shape: memoryShape(spec), values: transposed(tensor.values, spec.shape) };
}
