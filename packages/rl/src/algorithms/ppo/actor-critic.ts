// The two networks of PPO, as the update sees them.

import * as tf from '@tensorflow/tfjs-core';
import { embed, targetLogProbs } from '../../engine/ops.ts';
import { Program } from '../../engine/program.ts';
import type { CausalLm } from '../../models/causal-lm.ts';
import { ScalarHead } from '../../models/scalar-head.ts';
import { decoderInSession, type RecordedDecoder } from '../../sampling/recorded-decoder.ts';
import type { RewardModel } from '../reward-model.ts';
import { episodeArrays, splitByEpisode, type Episode, type EpisodeTensors } from './episode.ts';

/** A network with its owner: what an update of it needs. */
interface Network {
  readonly program: Program;
  readonly params: readonly tf.Variable[];
  /** The longest sequence that it takes. */
  readonly nPositions: number;
}

export interface Actor extends Network {
  /** log π(a) of every response token [N], differentiable. */
  logProbs(batch: EpisodeTensors): tf.Tensor1D;
}

export interface Critic extends Network {
  /** V of the state before every response token [N], differentiable. */
  values(batch: EpisodeTensors): tf.Tensor1D;
}

/** Numbers of every response token of some episodes, forward only. */
type Evaluate = (episodes: readonly Episode[]) => ArrayLike<number>;

export class LanguageModelActor implements Actor {
  readonly model: CausalLm;
  readonly params: readonly tf.Variable[];
  readonly program: Program;
  readonly nPositions: number;
  /** Draws from the policy where its program keeps it; undefined where that is not the faster way. */
  readonly decoder: RecordedDecoder | undefined;
  readonly #temperature: number;
  /** log π(a) of every response token. */
  readonly evaluate: Evaluate;

  /** @param temperature the one that outputs are drawn at: π is softmax(logits / temperature) */
  constructor(model: CausalLm, temperature: number) {
    this.model = model;
    this.params = [...model.params.values()];
    this.program = programOf('policy', this.params);
    this.nPositions = model.config.nPositions;
    this.decoder = decoderInSession(model, this.program);
    this.#temperature = temperature;
    this.evaluate = evaluationOf(this, (batch) => this.logProbs(batch));
  }

  logProbs(batch: EpisodeTensors): tf.Tensor1D {
    return this.#logProbsAt(batch, this.#temperature);
  }

  /** log-probabilities of text that nobody drew [N], which is read at temperature 1; differentiable. */
  textLogProbs(batch: EpisodeTensors): tf.Tensor1D {
    return this.#logProbsAt(batch, 1);
  }

  #logProbsAt({ ids, mask, places, targets }: EpisodeTensors, temperature: number): tf.Tensor1D {
    return tf.tidy(() => {
      const { nEmbd: D, vocabSize } = this.model.config;
      const hidden = this.model.hidden(ids, mask); // [B, T, D]
      // Only the states that drew a response token are unembedded.
      const states = embed(tf.reshape(hidden, [ids.size, D]), places); // [N, D]
      const logits = this.model.logits(tf.reshape(states, [1, places.size, D]));
      const scaled = temperature === 1 ? logits : tf.mul(logits, 1 / temperature);
      return targetLogProbs(tf.reshape(scaled, [places.size, vocabSize]), targets); // [N, V] -> [N]
    });
  }

  /** Ends its program; the model stays the caller's. */
  dispose(): void {
    this.decoder?.dispose();
    this.program.dispose();
  }
}

function programOf(name: string, params: readonly tf.Variable[]): Program {
  return new Program({
    state: Object.fromEntries(params.map((param) => [`${name}/${param.name}`, param])),
  });
}

function evaluationOf(network: Network, forward: (batch: EpisodeTensors) => tf.Tensor1D): Evaluate {
  const step = network.program.step('evaluate', (_, batch: EpisodeTensors) => ({
    outputs: { tokens: forward(batch) },
  }));
  return (episodes) => step.run(episodeArrays(episodes, network.nPositions, network.program)).tokens.values;
}

export class LanguageModelCritic implements Critic {
  readonly trunk: CausalLm;
  readonly head: ScalarHead;
  readonly params: readonly tf.Variable[];
  readonly program: Program;
  readonly nPositions: number;
  /** V of the state before every response token. */
  readonly evaluate: Evaluate;

  constructor(trunk: CausalLm, head: ScalarHead) {
    this.trunk = trunk;
    this.head = head;
    this.params = [...trunk.params.values(), ...head.params];
    this.program = programOf('critic', this.params);
    this.nPositions = trunk.config.nPositions;
    this.evaluate = evaluationOf(this, (batch) => this.values(batch));
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

  values({ ids, mask, places }: EpisodeTensors): tf.Tensor1D {
    return tf.tidy(() => {
      const D = this.trunk.config.nEmbd;
      const hidden = this.trunk.hidden(ids, mask); // [B, T, D]
      const states = embed(tf.reshape(hidden, [ids.size, D]), places); // [N, D]
      return tf.reshape(this.head.apply(tf.reshape(states, [1, places.size, D])), [places.size]);
    });
  }

  dispose(): void {
    this.program.dispose();
    this.trunk.dispose();
    this.head.dispose();
  }
}

/** Forward only, in chunks of episodes of like length; one list of numbers for each episode. */
export async function evaluateTokens(
  episodes: readonly Episode[],
  evaluate: (chunk: readonly Episode[]) => ArrayLike<number>,
  options: { chunkEpisodes: number; pause: () => Promise<void> },
): Promise<number[][]> {
  const results = new Array<number[]>(episodes.length);
  for (const chunk of chunksOfLikeLength(episodes, options.chunkEpisodes)) {
    const inChunk = chunk.map(({ episode }) => episode);
    const split = splitByEpisode(evaluate(inChunk), inChunk);
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
