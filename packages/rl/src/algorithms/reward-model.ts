// A reward model: the language model without its unembedding, a scalar head at the last token, and the
// normalisation that gives the base policy's outputs mean 0 and deviation 1. It may have further heads on the same
// trunk, the other members of an ensemble.

import * as tf from '@tensorflow/tfjs-core';
import { encodeForReward, type PromptContent } from '../data/encode.ts';
import { paddedInts, rowArrays } from '../data/token-batch.ts';
import type { HostArray } from '../engine/host-array.ts';
import { Program, type Step } from '../engine/program.ts';
import { CausalLm } from '../models/causal-lm.ts';
import { sequenceClassifierOf } from '../models/config.ts';
import { ScalarHead } from '../models/scalar-head.ts';
import { Tokenizer } from '../tokenizers/tokenizer.ts';
import { readModelFolder, writeModelFolder } from '../weights/model-folder.ts';
import type { HostTensor } from '../weights/safetensors.ts';
import { memberSeed } from './reward/bootstrap.ts';
import { readRewardKey, rewardKeyJson, type EnsembleKey, type Normalisation } from './reward/reward-key.ts';

export type { Normalisation } from './reward/reward-key.ts';

const HEAD_NAME = 'score';

/** Rows scored together. */
const SCORE_BATCH = 64;

/** A batch of encoded texts. */
export interface ScoreTensors {
  readonly ids: tf.Tensor2D; // [B, T] int32
  readonly mask: tf.Tensor2D; // [B, T]
  /** Column of each row's last token. */
  readonly lastTokens: tf.Tensor2D; // [B, 1] int32
}

export class RewardModel {
  readonly trunk: CausalLm;
  readonly head: ScalarHead;
  /** Of the ensemble's other members, where it is one of heads. */
  readonly furtherHeads: readonly ScalarHead[];
  readonly tokenizer: Tokenizer;
  /** Of the first head. */
  normalisation: Normalisation = { mean: 0, std: 1 };
  /** Whether a difference of raw scores is the log-odds of a preference. */
  isLogOdds = true;
  /** 0..1, see evaluation/confidence.ts. */
  confidence = 1;
  /** Longer texts are cut to this wherever they are read, in training as in scoring. */
  maxTokens: number;
  #started: { program: Program; score: Step<ScoreTensors, { raw: tf.Tensor1D }> } | undefined;

  constructor(
    trunk: CausalLm,
    head: ScalarHead,
    tokenizer: Tokenizer,
    furtherHeads: readonly ScalarHead[] = [],
  ) {
    this.trunk = trunk;
    this.head = head;
    this.furtherHeads = furtherHeads;
    this.tokenizer = tokenizer;
    this.maxTokens = trunk.config.nPositions;
  }

  /** From a language model, with fresh heads: N(0, 1/√(d + 1)), no bias (OpenAI 2019, OpenRLHF). */
  static async fromBase(dir: string, seed: number, heads = 1): Promise<RewardModel> {
    const { config, tensors } = await readModelFolder(dir);
    const head = (k: number) => ScalarHead.random(HEAD_NAME, config.nEmbd, { seed: memberSeed(seed, k) });
    return new RewardModel(
      new CausalLm(config, tensors, { parts: 'trunk' }),
      head(0),
      await Tokenizer.fromFolder(dir),
      Array.from({ length: heads - 1 }, (_, k) => head(k + 1)),
    );
  }

  /**
   * The model of a folder; of an ensemble's folder its first member, see reward-source.ts for the whole.
   *
   * @param others tensors that take the place of the folder's own: another member's · @param furtherHeads theirs
   */
  static async fromFolder(
    dir: string,
    others: ReadonlyMap<string, HostTensor> = new Map(),
    furtherHeads: readonly ReadonlyMap<string, HostTensor>[] = [],
  ): Promise<RewardModel> {
    const { config, configJson, tensors: own } = await readModelFolder(dir);
    const tensors = new Map([...own, ...others]);
    const headOf = (from: ReadonlyMap<string, HostTensor>) => new ScalarHead(HEAD_NAME, from, config.nEmbd);
    const head = headOf(tensors);
    const model = new RewardModel(
      new CausalLm(config, tensors, { parts: 'trunk' }),
      head,
      await Tokenizer.fromFolder(dir),
      furtherHeads.map(headOf),
    );
    const stored = readRewardKey(configJson);
    if (stored !== null) {
      model.normalisation = stored.normalisation;
      model.confidence = stored.confidence;
      model.isLogOdds = stored.isLogOdds;
      if (stored.maxTokens !== undefined) model.maxTokens = stored.maxTokens;
    }
    return model;
  }

  /**
   * Writes the trunk with its first head. `trainedFrom` is the folder that the trunk began in; of an `ensemble` the
   * other members are written beside it, see ensemble-files.ts.
   */
  async write(dir: string, trainedFrom?: string, ensemble?: EnsembleKey): Promise<void> {
    const { normalisation, confidence, maxTokens, isLogOdds } = this;
    await writeModelFolder(dir, {
      config: this.trunk.config,
      tensors: this.hostTensors(),
      tokenizerJson: this.tokenizer.json,
      tokenizerConfigJson: this.tokenizer.configJson,
      trainedFrom,
      configExtras: {
        architectures: [sequenceClassifierOf(this.trunk.config)],
        num_labels: 1,
        ...rewardKeyJson({ normalisation, confidence, maxTokens, isLogOdds, ensemble }),
      },
    });
  }

  /** Trunk and first head in ordinary memory, by file name. */
  hostTensors(): Map<string, HostTensor> {
    return new Map([...this.trunk.hostTensors(), ...this.head.hostTensors()]);
  }

  get heads(): readonly ScalarHead[] {
    return [this.head, ...this.furtherHeads];
  }

  get params(): tf.Variable[] {
    return [...this.trunk.params.values(), ...this.heads.flatMap(({ params }) => params)];
  }

  encode(text: { prompt: PromptContent; completion: string }): { ids: number[]; isTruncated: boolean } {
    return encodeForReward(this.tokenizer, text, {
      maxTokens: Math.min(this.maxTokens, this.trunk.config.nPositions),
      eosTokenId: this.trunk.config.eosTokenId,
    });
  }

  /** Raw scores of every head [B], read at each last real token; differentiable. */
  rawScores({ ids, mask, lastTokens }: ScoreTensors): tf.Tensor1D[] {
    return tf.tidy(() => {
      const last = this.trunk.hidden(ids, mask, lastTokens); // [B, 1, D]
      return this.heads.map((head): tf.Tensor1D => tf.reshape(head.apply(last), [lastTokens.size]));
    });
  }

  /** Encoded texts as inputs of a step around `rawScores`. */
  scoreArrays(rows: readonly (readonly number[])[]): { readonly [Name in keyof ScoreTensors]: HostArray } {
    const { ids, mask } = rowArrays(rows, this.trunk.config.nPositions, this.program);
    const B = ids.shape[0] ?? 0;
    const { values } = paddedInts(
      rows.map((row) => row.length - 1),
      B,
    );
    return { ids, mask, lastTokens: { values, shape: [B, 1] } };
  }

  /** The owner of the weights while they are scored with and trained; made at first use. */
  get program(): Program {
    return this.#work().program;
  }

  #work(): { program: Program; score: Step<ScoreTensors, { raw: tf.Tensor1D }> } {
    if (this.#started !== undefined) return this.#started;
    const named = this.params.map((variable) => [`model/${variable.name}`, variable] as const);
    const program = new Program({ state: Object.fromEntries(named) });
    const score = program.step('score', (_, batch: ScoreTensors) => ({
      outputs: { raw: flatScores(this.rawScores(batch)) },
    }));
    this.#started = { program, score };
    return this.#started;
  }

  /** Raw scores of the first head as numbers, in the order given. */
  async scoreRows(rows: readonly (readonly number[])[], between?: () => Promise<void>): Promise<number[]> {
    const [scores = []] = await this.scoreRowsByHead(rows, between);
    return scores;
  }

  /** Raw scores [head][row] in the order given; rows of like length are computed together. */
  async scoreRowsByHead(
    rows: readonly (readonly number[])[],
    between: () => Promise<void> = () => Promise.resolve(),
  ): Promise<number[][]> {
    const order = rows.map((_, i) => i).sort((a, b) => (rows[a]?.length ?? 0) - (rows[b]?.length ?? 0));
    const scores = this.heads.map(() => new Array<number>(rows.length).fill(NaN));
    const { score } = this.#work();
    for (let start = 0; start < order.length; start += SCORE_BATCH) {
      const chunk = order.slice(start, start + SCORE_BATCH);
      const { values } = score.run(this.scoreArrays(chunk.map((i) => rows[i] ?? []))).raw;
      // A recorded step has more rows than there are texts.
      const B = values.length / scores.length;
      scores.forEach((ofHead, h) => chunk.forEach((i, b) => (ofHead[i] = values[h * B + b] ?? NaN)));
      await between();
    }
    return scores;
  }

  /** Normalised scores of texts. */
  async score(
    texts: readonly { prompt: PromptContent; completion: string }[],
    between?: () => Promise<void>,
  ): Promise<number[]> {
    const { mean, std } = this.normalisation;
    const raw = await this.scoreRows(
      texts.map((text) => this.encode(text).ids),
      between,
    );
    return raw.map((score) => (score - mean) / std);
  }

  dispose(): void {
    this.#started?.program.dispose();
    this.trunk.dispose();
    for (const head of this.heads) head.dispose();
  }
}

/** Scores of all heads one after the other [H · B]. */
export function flatScores(scores: readonly tf.Tensor1D[]): tf.Tensor1D {
  const [only, ...more] = scores;
  if (only === undefined) throw new Error('A reward model has a head.');
  return more.length === 0 ? only : tf.concat([only, ...more]);
}
