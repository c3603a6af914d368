// The weights of either family in the one form that the decoder runs: per layer a norm, one product for queries, keys
// and values, one for the output of attention, a norm, one product into the inner layer and one out of it.

import type { CausalLm } from '../models/causal-lm.ts';
import { tiedEmbeddingOf, UNTIED_HEAD, type CausalLmConfig } from '../models/config.ts';
import type { LlamaConfig } from '../models/llama-config.ts';
import { inverseFrequencies } from '../models/rope-config.ts';
import { transposed } from '../models/tensor-spec.ts';

export interface Norm {
  readonly gain: Float32Array;
  /** Null: RMS norm, which subtracts no mean either. */
  readonly bias: Float32Array | null;
  readonly eps: number;
}

export interface Dense {
  /** [K, M] */
  readonly weight: Float32Array;
  /** [M] */
  readonly bias: Float32Array | null;
  readonly inputs: number;
  readonly outputs: number;
}

export interface LayerWeights {
  readonly attentionNorm: Norm;
  /** D -> (heads + 2 · keyValueHeads) · headDim: queries, keys, values. */
  readonly qkv: Dense;
  readonly attentionOut: Dense;
  readonly mlpNorm: Norm;
  /** D -> inner; of a gated layer D -> 2 · inner: gate, up. */
  readonly mlpIn: Dense;
  readonly mlpOut: Dense;
}

/** Sizes that the decoder's memory and loops follow. */
export interface DecoderShape {
  readonly width: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDim: number;
  readonly inner: number;
  readonly activation: 'gelu' | 'gated-silu';
}

export interface DecoderWeights {
  readonly layers: readonly LayerWeights[];
  readonly finalNorm: Norm;
  /** [V, D] */
  readonly tokenRows: Float32Array;
  readonly positions: Positions;
  /** D -> V */
  readonly unembedding: Dense;
}

/** Learned rows [nPositions, D], or the angles per position of rotary ones [headDim / 2]. */
export type Positions =
  | { readonly kind: 'learned'; readonly rows: Float32Array }
  | { readonly kind: 'rotary'; readonly frequencies: Float32Array };

/** A model as decoding reads it: its weights as they are now, in ordinary memory. */
export interface WeightValues {
  readonly config: CausalLmConfig;
  /** By Hugging Face name, of Linear weights [in, out]. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Numbers in all weights. */
  readonly size: number;
  /** @throws Error for a name that is not there */
  readonly read: (name: string) => Float32Array;
}

export function weightValuesOf(model: CausalLm): WeightValues {
  return {
    config: model.config,
    shapes: new Map([...model.params].map(([name, { shape }]) => [name, shape])),
    size: [...model.params.values()].reduce((sum, variable) => sum + variable.size, 0),
    read: (name) => model.param(name).dataSync<'float32'>(),
  };
}

export function decoderShapeOf({ config }: { readonly config: CausalLmConfig }): DecoderShape {
  const { nEmbd: width, nHead: heads } = config;
  if (config.modelType === 'gpt2') {
    const headDim = width / heads;
    return { width, heads, keyValueHeads: heads, headDim, inner: 4 * width, activation: 'gelu' };
  }
  const { nKeyValueHeads: keyValueHeads, headDim, nInner: inner } = config;
  return { width, heads, keyValueHeads, headDim, inner, activation: 'gated-silu' };
}

/** Numbers that `readDecoderWeights` takes. */
export function weightFloatsOf({ config, size }: WeightValues): number {
  return size + (tiedEmbeddingOf(config) === null ? 0 : config.vocabSize * config.nEmbd);
}

/** A copy of the weights as they are now; `take` gives room for as many numbers as it is asked for. */
export function readDecoderWeights(
  model: WeightValues,
  take: (size: number) => Float32Array,
): DecoderWeights {
  const keep = (values: Float32Array): Float32Array => {
    const view = take(values.length);
    view.set(values);
    return view;
  };
  const reader = new WeightReader(model, keep);
  const { config } = model;
  const tied = tiedEmbeddingOf(config);
  const [V, D] = [config.vocabSize, config.nEmbd];
  const unembedding = {
    weight: tied === null ? reader.read(UNTIED_HEAD) : keep(transposed(reader.peek(tied), [V, D])),
    bias: null,
    inputs: D,
    outputs: V,
  };
  if (config.modelType !== 'gpt2') return { ...llamaWeights(reader, config), unembedding };
  const eps = config.layerNormEpsilon;
  return {
    layers: Array.from({ length: config.nLayer }, (_, layer) => gpt2Layer(reader, layer, eps)),
    finalNorm: reader.layerNorm('transformer.ln_f', eps),
    tokenRows: reader.read('transformer.wte.weight'),
    positions: { kind: 'learned', rows: reader.read('transformer.wpe.weight') },
    unembedding,
  };
}

function gpt2Layer(reader: WeightReader, layer: number, eps: number): LayerWeights {
  const at = `transformer.h.${layer}`;
  return {
    attentionNorm: reader.layerNorm(`${at}.ln_1`, eps),
    qkv: reader.dense([`${at}.attn.c_attn`]),
    attentionOut: reader.dense([`${at}.attn.c_proj`]),
    mlpNorm: reader.layerNorm(`${at}.ln_2`, eps),
    mlpIn: reader.dense([`${at}.mlp.c_fc`]),
    mlpOut: reader.dense([`${at}.mlp.c_proj`]),
  };
}

function llamaWeights(reader: WeightReader, config: LlamaConfig): Omit<DecoderWeights, 'unembedding'> {
  const eps = config.rmsNormEpsilon;
  const layers = Array.from({ length: config.nLayer }, (_, layer): LayerWeights => {
    const at = `model.layers.${layer}`;
    return {
      attentionNorm: reader.rmsNorm(`${at}.input_layernorm`, eps),
      qkv: reader.dense(['q', 'k', 'v'].map((part) => `${at}.self_attn.${part}_proj`)),
      attentionOut: reader.dense([`${at}.self_attn.o_proj`]),
      mlpNorm: reader.rmsNorm(`${at}.post_attention_layernorm`, eps),
      mlpIn: reader.dense([`${at}.mlp.gate_proj`, `${at}.mlp.up_proj`]),
      mlpOut: reader.dense([`${at}.mlp.down_proj`]),
    };
  });
  return {
    layers,
    finalNorm: reader.rmsNorm('model.norm', eps),
    tokenRows: reader.read('model.embed_tokens.weight'),
    positions: { kind: 'rotary', frequencies: inverseFrequencies(config.rope, config.headDim) },
  };
}

class WeightReader {
  readonly #model: WeightValues;
  readonly #keep: (values: Float32Array) => Float32Array;

  constructor(model: WeightValues, keep: (values: Float32Array) => Float32Array) {
    this.#model = model;
    this.#keep = keep;
  }

  peek(name: string): Float32Array {
    return this.#model.read(name);
  }

  read(name: string): Float32Array {
    return this.#keep(this.peek(name));
  }

  layerNorm(name: string, eps: number): Norm {
    return { gain: this.read(`${name}.weight`), bias: this.read(`${name}.bias`), eps };
  }

  rmsNorm(name: string, eps: number): Norm {
    return { gain: this.read(`${name}.weight`), bias: null, eps };
  }

  /** Products of one input, side by side. */
  dense(names: readonly string[]): Dense {
    const shapes = names.map((name) => this.#model.shapes.get(`${name}.weight`));
    const inputs = shapes[0]?.[0] ?? 0;
    const widths = shapes.map((shape) => shape?.[1] ?? 0);
    const outputs = widths.reduce((sum, width) => sum + width, 0);
    const hasBias = this.#model.shapes.has(`${names[0] ?? ''}.bias`);
    const side = (part: string, rows: number): Float32Array =>
      this.#keep(
        besideEachOther(
          names.map((name) => this.peek(`${name}.${part}`)),
          widths,
          rows,
        ),
      );
    return { weight: side('weight', inputs), bias: hasBias ? side('bias', 1) : null, inputs, outputs };
  }
}

/** Matrices [rows, widths[i]] -> [rows, Σ widths]. */
function besideEachOther(
  parts: readonly Float32Array[],
  widths: readonly number[],
  rows: number,
): Float32Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const total = widths.reduce((sum, width) => sum + width, 0);
  const result = new Float32Array(rows * total);
  let column = 0;
  parts.forEach((part, i) => {
    const width = widths[i] ?? 0;
    for (let row = 0; row < rows; row++) {
      result.set(part.subarray(row * width, (row + 1) * width), row * total + column);
    }
    column += width;
  });
  return result;
}
