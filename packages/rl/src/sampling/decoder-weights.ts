// The weights of either family in the one form that the decoder runs: per layer a norm, one product for queries, keys
// and values, one for the output of attention, a norm, one product into the inner layer and one out of it.

import type { Norm } from '../engine/simd/normalise.ts';
import { packedWidth, packMatrix, type PackedMatrix } from '../engine/simd/packed-product.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import { tiedEmbeddingOf, UNTIED_HEAD, type CausalLmConfig } from '../models/config.ts';
import type { LlamaConfig } from '../models/llama-config.ts';
import { inverseFrequencies } from '../models/rope-config.ts';

export interface LayerWeights {
  readonly attentionNorm: Norm;
  /** D -> (heads + 2 · keyValueHeads) · headDim: queries, keys, values. */
  readonly qkv: PackedMatrix;
  readonly attentionOut: PackedMatrix;
  readonly mlpNorm: Norm;
  /** D -> inner; of a gated layer D -> 2 · inner: gate, up. */
  readonly mlpIn: PackedMatrix;
  readonly mlpOut: PackedMatrix;
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
  readonly unembedding: PackedMatrix;
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

/** Of the views that `readDecoderWeights` takes, in any order. */
export function weightSizesOf(model: WeightValues): number[] {
  const { width, heads, keyValueHeads, headDim, inner, activation } = decoderShapeOf(model);
  const { nLayer, vocabSize, nPositions, modelType } = model.config;
  const norm = modelType === 'gpt2' ? [width, width] : [width];
  const dense = (inputs: number, outputs: number): number[] => [
    packedWidth(outputs) * inputs,
    packedWidth(outputs),
  ];
  const layer = [
    ...norm,
    ...dense(width, (heads + 2 * keyValueHeads) * headDim),
    ...dense(heads * headDim, width),
    ...norm,
    ...dense(width, activation === 'gelu' ? inner : 2 * inner),
    ...dense(inner, width),
  ];
  const positions = modelType === 'gpt2' ? [nPositions * width] : [];
  return [
    ...Array.from({ length: nLayer }, () => layer).flat(),
    ...norm,
    vocabSize * width,
    ...positions,
    ...dense(width, vocabSize),
  ];
}

/** A copy of the weights as they are now; `take` gives room for as many numbers as it is asked for. */
export function readDecoderWeights(
  model: WeightValues,
  take: (size: number) => Float32Array,
): DecoderWeights {
  const reader = new WeightReader(model, take);
  const { config } = model;
  const tied = tiedEmbeddingOf(config);
  const unembedding = packMatrix(
    [
      {
        values: model.read(tied ?? UNTIED_HEAD),
        inputs: config.nEmbd,
        outputs: config.vocabSize,
        transposed: tied !== null,
      },
    ],
    [],
    take,
  );
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
  readonly #take: (size: number) => Float32Array;

  constructor(model: WeightValues, take: (size: number) => Float32Array) {
    this.#model = model;
    this.#take = take;
  }

  read(name: string): Float32Array {
    const values = this.#model.read(name);
    const view = this.#take(values.length);
    view.set(values);
    return view;
  }

  layerNorm(name: string, eps: number): Norm {
    return { gain: this.read(`${name}.weight`), bias: this.read(`${name}.bias`), eps };
  }

  rmsNorm(name: string, eps: number): Norm {
    return { gain: this.read(`${name}.weight`), bias: null, eps };
  }

  /** Products of one input, side by side. */
  dense(names: readonly string[]): PackedMatrix {
    const { shapes, read } = this.#model;
    const sources = names.map((name) => {
      const [inputs = 0, outputs = 0] = shapes.get(`${name}.weight`) ?? [];
      return { values: read(`${name}.weight`), inputs, outputs };
    });
    const biases = names.filter((name) => shapes.has(`${name}.bias`)).map((name) => read(`${name}.bias`));
    return packMatrix(sources, biases, this.#take);
  }
}
