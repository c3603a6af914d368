// The two networks of PPO, as the update sees them.

import * as tf from '@tensorflow/tfjs-core';
import { embed, targetLogProbs } from '../../engine/ops.ts';
import type { CausalLm } from '../../models/causal-lm.ts';
import { ScalarHead } from '../../models/scalar-head.ts';
import type { RewardModel } from '../reward-model.ts';
import { batchEpisodes, splitByEpisode, type Episode } from './episode.ts';

export interface Actor {
  readonly params: readonly tf.Variable[];
  /** log π(a) of every response token [N], differentiable. */
  logProbs(episodes: readonly Episode[]): tf.Tensor1D;
}

export interface Critic {
  readonly params: readonly tf.Variable[];
  /** V of the state before every response token [N], differentiable. */
  values(episodes: readonly Episode[]): tf.Tensor1D;
}

export class LanguageModelActor implements Actor {
  readonly model: CausalLm;
  readonly params: readonly tf.Variable[];
  readonly #temperature: number;

  /** @param temperature the one that outputs are drawn at: π is softmax(logits / temperature) */
  constructor(model: CausalLm, temperature: number) {
    this.model = model;
    this.params = [...model.params.values()];
    this.#temperature = temperature;
  }

  logProbs(episodes: readonly Episode[]): tf.Tensor1D {
    return tf.tidy(() => {
      const { config } = this.model;
      const { ids, mask, T, places, targets } = batchEpisodes(episodes, config.nPositions);
      const hidden = this.model.hidden(ids, mask); // [B, T, D]
      // Only the states that drew a response token are unembedded.
      const states = embed(tf.reshape(hidden, [episodes.length * T, config.nEmbd]), places); // [N, D]
      const logits = this.model.logits(tf.reshape(states, [1, places.size, config.nEmbd]));
      const scaled = this.#temperature === 1 ? logits : tf.mul(logits, 1 / this.#temperature);
      return targetLogProbs(tf.reshape(scaled, [places.size, config.vocabSize]), targets); // [N, V] -> [N]
    });
  }
}

export class LanguageModelCritic implements Critic {
  readonly trunk: CausalLm;
  readonly head: ScalarHead;
  readonly params: readonly tf.Variable[];

  constructor(trunk: CausalLm, head: ScalarHead) {
    this.trunk = trunk;
    this.head = head;
    this.params = [...trunk.params.values(), ...head.params];
  }

  /**
   * Starts where the reward model is (Stiennon et al. 2020, Ouyang et al. 2022), on the normalised scale:
   * (h·w + b - mean) / std = h·(w / std) + (b - mean) / std, times what a score counts.
   */
  static fromRewardModel({ trunk, head, normalisation }: RewardModel, scoreWeight = 1): LanguageModelCritic {
    const { mean, std } = normalisation;
    const weight = Float32Array.from(head.weight.dataSync(), (w) => (scoreWeight * w) / std);
    const bias = (scoreWeight * ((head.bias?.dataSync()[0] ?? 0) - mean)) / std;
    const tensors = new Map([
      ['value.weight', { shape: [1, trunk.config.nEmbd], values: weight }],
      ['value.bias', { shape: [1], values: Float32Array.of(bias) }],
    ]);
    return new LanguageModelCritic(trunk.clone(), new ScalarHead('value', tensors, trunk.config.nEmbd));
  }

  values(episodes: readonly Episode[]): tf.Tensor1D {
    return tf.tidy(() => {
      const { nPositions, nEmbd: D } = this.trunk.config;
      const { ids, mask, T, places } = batchEpisodes(episodes, nPositions);
      const hidden = this.trunk.hidden(ids, mask); // [B, T, D]
      const states = embed(tf.reshape(hidden, [episodes.length * T, D]), places); // [N, D]
      return tf.reshape(this.head.apply(tf.reshape(states, [1, places.size, D])), [places.size]);
    });
  }

  dispose(): void {
    this.trunk.dispose();
    this.head.dispose();
  }
}

/** Forward only, in chunks of episodes of like length; one list of numbers for each episode. */
export async function evaluateTokens(
  episodes: readonly Episode[],
  forward: (chunk: readonly Episode[]) => tf.Tensor1D,
  options: { chunkEpisodes: number; pause: () => Promise<void> },
): Promise<number[][]> {
  const results = new Array<number[]>(episodes.length);
  for (const chunk of chunksOfLikeLength(episodes, options.chunkEpisodes)) {
    const inChunk = chunk.map(({ episode }) => episode);
    const flat = forward(inChunk);
    const split = splitByEpisode(flat.dataSync(), inChunk);
    flat.dispose();
    chunk.forEach(({ index }, i) => (results[index] = split[i] ?? []));
    await options.pause();
  }
  return results;
}

function chunksOfLikeLength(episodes: readonly Episode[], size: number) {
  const length = ({ promptIds, responseIds }: Episode) => promptIds.length + responseIds.length;
  const ordered = episodes
    .map((episode, index) => ({ episode, index }))
    .sort((a, b) => length(a.episode) - length(b.episode));
  return Array.from({ length: Math.ceil(ordered.length / size) }, (_, i) =>
    ordered.slice(i * size, (i + 1) * size),
  );
}
