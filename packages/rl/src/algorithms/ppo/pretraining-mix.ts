// Pretraining text mixed into every update, so that the policy does not unlearn it (PPO-ptx, Ouyang et al. 2022, eq. 2):
//
//   L = L_policy + γ · (- mean over the tokens of some windows of the corpus of log π(token | the window before it))
//
// Both terms are means over tokens, and their gradients are cut to `maxGradNorm` together.

import * as tf from '@tensorflow/tfjs-core';
import { ShuffledItems } from '../../data/shuffled-items.ts';
import { paddedFloats } from '../../data/token-batch.ts';
import type { HostArray } from '../../engine/host-array.ts';
import { Random } from '../../engine/random.ts';
import type { Step } from '../../engine/program.ts';
import type { Tokenizer } from '../../tokenizers/tokenizer.ts';
import { orderPart, randomPart } from '../progress/parts.ts';
import type { Parts } from '../progress/progress.ts';
import type { PretrainingReport } from '../types.ts';
import type { LanguageModelActor } from './actor-critic.ts';
import { episodeArrays, type Episode, type EpisodeTensors } from './episode.ts';

/** Inputs of a step beside its own. */
export interface CorpusTensors {
  readonly corpusIds: tf.Tensor2D; // [B, T] int32
  readonly corpusMask: tf.Tensor2D; // [B, T]
  readonly corpusPlaces: tf.Tensor1D; // [N] int32
  readonly corpusTargets: tf.Tensor1D; // [N] int32
  /** 1 / tokens; 0 for padding. */
  readonly corpusWeights: tf.Tensor1D; // [N]
}
type CorpusArrays = { readonly [Name in keyof CorpusTensors]: HostArray };

export interface MixSettings {
  /** γ >= 0; 0 is off. */
  readonly ptxCoefficient: number;
  readonly ptxWindows: number;
  readonly ptxWindowTokens: number;
}

/** Of the windows, the last tenth is never trained on, at most so many. */
const HELD_OUT_SHARE = 0.1;
const MAX_HELD_OUT = 128;
/** Its draws do not disturb those of the prompts. */
const MIX_STREAM = 77;

/** Null where nothing is mixed in. @throws Error if the corpus is too short */
export function loadPretrainingMix(
  options: { config: MixSettings; corpus?: readonly string[] | undefined; seed: number },
  world: { actor: LanguageModelActor; tokenizer: Tokenizer },
): PretrainingMix | null {
  const { config, corpus = [], seed } = options;
  if (config.ptxCoefficient === 0) return null;
  const { nPositions, eosTokenId } = world.actor.model.config;
  const windowTokens = Math.min(config.ptxWindowTokens, nPositions);
  const windows = cutWindows(
    corpus.map((text) => world.tokenizer.encode(text)),
    { windowTokens, endTokenId: eosTokenId },
  );
  if (windows.length < 2) {
    throw new Error(
      `The pretraining text has ${windows.length} windows of ${windowTokens} tokens, and 2 are needed: give more text, shorten the window or set the pretraining mix to 0.`,
    );
  }
  return new PretrainingMix(world.actor, windows, config, Random.forItem(seed, MIX_STREAM));
}

/**
 * Each text, with the end token behind it, cut into windows; a rest of one token is dropped. No window holds parts of
 * two texts: to a model that never read texts end to end that is a new form, and the mix would teach it the form.
 */
export function cutWindows(
  texts: readonly (readonly number[])[],
  { windowTokens, endTokenId }: { windowTokens: number; endTokenId: number | undefined },
): number[][] {
  const end = endTokenId === undefined ? [] : [endTokenId];
  return texts.flatMap((ids) => {
    const ended = [...ids, ...end];
    const starts = Array.from({ length: Math.ceil(ended.length / windowTokens) }, (_, i) => i * windowTokens);
    return starts.map((start) => ended.slice(start, start + windowTokens)).filter(({ length }) => length > 1);
  });
}

export class PretrainingMix {
  readonly coefficient: number;
  readonly #actor: LanguageModelActor;
  readonly #train: ShuffledItems<Episode>;
  readonly #heldOut: readonly Episode[];
  readonly #perUpdate: number;
  readonly #evaluate: Step<CorpusTensors, { loss: tf.Tensor }>;
  /** What of it changes while it runs. */
  readonly parts: Parts;

  constructor(
    actor: LanguageModelActor,
    windows: readonly (readonly number[])[],
    { ptxCoefficient, ptxWindows }: MixSettings,
    random: Random,
  ) {
    const heldOut = Math.min(MAX_HELD_OUT, Math.max(1, Math.floor(HELD_OUT_SHARE * windows.length)));
    // The first token of a window is only read.
    const episodes = windows.map((ids) => ({ promptIds: ids.slice(0, 1), responseIds: ids.slice(1) }));
    this.coefficient = ptxCoefficient;
    this.#actor = actor;
    this.#train = new ShuffledItems(episodes.slice(0, -heldOut), random);
    this.parts = { corpus: orderPart(this.#train), corpusRandom: randomPart(random) };
    this.#heldOut = episodes.slice(-heldOut);
    this.#perUpdate = Math.min(ptxWindows, this.#train.count);
    this.#evaluate = actor.program.step('evaluateText', (_, batch: CorpusTensors) => ({
      outputs: { loss: this.loss(batch) },
    }));
  }

  /** The windows of the next update; every one once before any comes again. */
  nextBatch(): CorpusArrays {
    return this.#arrays(this.#train.next(this.#perUpdate));
  }

  /** - mean log π of the windows' tokens, nats; differentiable. */
  loss(batch: CorpusTensors): tf.Scalar {
    const { corpusIds: ids, corpusMask: mask, corpusPlaces: places, corpusTargets: targets } = batch;
    const episodes: EpisodeTensors = { ids, mask, places, targets };
    return tf.tidy(() => tf.neg(tf.sum(tf.mul(this.#actor.textLogProbs(episodes), batch.corpusWeights))));
  }

  /** The same on windows that never train: what the policy has kept of the corpus. */
  async heldOutLoss(pause: () => Promise<void>): Promise<number> {
    let total = 0;
    let tokens = 0;
    for (let start = 0; start < this.#heldOut.length; start += this.#perUpdate) {
      const batch = this.#heldOut.slice(start, start + this.#perUpdate);
      const count = batch.reduce((sum, { responseIds }) => sum + responseIds.length, 0);
      total += count * (this.#evaluate.run(this.#arrays(batch)).loss.values[0] ?? NaN);
      tokens += count;
      await pause();
    }
    return total / tokens;
  }

  /** What was kept, given the held-out loss before training. */
  async report(heldOutLossBefore: number, pause: () => Promise<void>): Promise<PretrainingReport> {
    return {
      heldOutLossBefore,
      heldOutLossAfter: await this.heldOutLoss(pause),
      trainWindows: this.#train.count,
      heldOutWindows: this.#heldOut.length,
    };
  }

  #arrays(batch: readonly Episode[]): CorpusArrays {
    const { program, nPositions } = this.#actor;
    // Windows have a shape of their own, which is the same every time.
    const { isRecorded } = program;
    const { ids, mask, places, targets } = episodeArrays(batch, nPositions, { isRecorded });
    const count = batch.reduce((sum, { responseIds }) => sum + responseIds.length, 0);
    return {
      corpusIds: ids,
      corpusMask: mask,
      corpusPlaces: places,
      corpusTargets: targets,
      corpusWeights: paddedFloats(new Array<number>(count).fill(1 / count), places.values.length),
    };
  }
}
