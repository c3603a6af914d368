// Drawn outputs and the arrays made of them.

import type * as tf from '@tensorflow/tfjs-core';
import { paddedInts, rowArrays } from '../../data/token-batch.ts';
import type { HostArray } from '../../engine/host-array.ts';
import { paddedOutputs, type ShapeTaker } from '../../engine/padded-size.ts';

/** One output drawn for one prompt: what the policy did. */
export interface Episode {
  readonly promptIds: readonly number[];
  /** At least one token; the end-of-text token is the last, where it was drawn. */
  readonly responseIds: readonly number[];
}

/** What a rollout knows about an episode; one entry for each response token. */
export interface Experience extends Episode {
  /** log π_old, by the training forward. */
  readonly oldLogProbs: readonly number[];
  /** One more where the state after the end is valued too, and so of the returns. */
  readonly oldValues: readonly number[];
  readonly advantages: readonly number[];
  readonly returns: readonly number[];
}

/** The episode as a critic reads it that also values the state after its last token, from which nothing is drawn. */
export function withEndState(episode: Episode): Episode {
  // The last token of a list is a target and never read; any token stands for the one that is not drawn.
  return { promptIds: episode.promptIds, responseIds: [...episode.responseIds, 0] };
}

/** Whether the critic valued the state after its last token. */
export function isEndValued(episode: Pick<Experience, 'responseIds' | 'oldValues'>): boolean {
  return episode.oldValues.length > episode.responseIds.length;
}

/**
 * Sequences as the models take them, and the response tokens as one flat list of N: token n was drawn from the
 * state at flat place `places[n]` of the [B · T] states, which is that of the token before it.
 */
export interface EpisodeTensors {
  readonly ids: tf.Tensor2D; // [B, T] int32
  readonly mask: tf.Tensor2D; // [B, T]
  readonly places: tf.Tensor1D; // [N] int32
  readonly targets: tf.Tensor1D; // [N] int32
}

/** As inputs of a step; for a recorded one N is padded, with entries that mean nothing. */
export function episodeArrays(
  episodes: readonly Episode[],
  nPositions: number,
  engine: ShapeTaker,
): { readonly [Name in keyof EpisodeTensors]: HostArray } {
  // The last token is drawn from the state before it; its own state draws nothing.
  const { ids, mask, T } = rowArrays(
    episodes.map(({ promptIds, responseIds }) => [...promptIds, ...responseIds.slice(0, -1)]),
    nPositions,
    engine,
  );
  const places = episodes.flatMap(({ promptIds, responseIds }, b) =>
    responseIds.map((_, t) => b * T + promptIds.length + t - 1),
  );
  const targets = episodes.flatMap(({ responseIds }) => responseIds);
  const N = paddedOutputs(places.length, engine);
  return { ids, mask, places: paddedInts(places, N), targets: paddedInts(targets, N) };
}

/** Cuts a flat list of token values back into one list per episode. */
export function splitByEpisode(flat: ArrayLike<number>, episodes: readonly Episode[]): number[][] {
  let offset = 0;
  return episodes.map(({ responseIds }) => {
    const own = Array.from({ length: responseIds.length }, (_, t) => flat[offset + t] ?? NaN);
    offset += responseIds.length;
    return own;
  });
}
