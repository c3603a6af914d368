// A reward model: the language model without its unembedding, a scalar head at the last token, and the
// normalisation that gives the base policy's outputs mean 0 and deviation 1.

import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { encodeForReward, type PromptContent } from '../data/encode.ts';
import { paddedInts, rowArrays } from '../data/token-batch.ts';
import type { HostArray } from '../engine/host-array.ts';
import { embed } from '../engine/ops.ts';
import { Program, type Step } from '../engine/program.ts';
import { CausalLm } from '../models/causal-lm.ts';
import { sequenceClassifierOf } from '../models/config.ts';
import { ScalarHead } from '../models/scalar-head.ts';
import { Tokenizer } from '../tokenizers/tokenizer.ts';
import { readModelFolder, writeModelFolder } from '../weights/model-folder.ts';

export interface Normalisation {
  readonly mean: number;
  readonly std: number;
}

const HEAD_NAME = 'score';
/** The key of config.json that holds the normalisation; other tools ignore it. */
const CONFIG_KEY = 'rankloop_reward';
const ConfigKeySchema = z.object({
  mean: z.number(),
  std: z.number().positive(),
  confidence: z.number().min(0).max(1).default(1),
  max_tokens: z.number().int().positive().optional(),
});

/** Rows scored together. */
const SCORE_BATCH = 64;

/** A batch of encoded texts. */
export interface ScoreTensors {
  readonly ids: tf.Tensor2D; // [B, T] int32
  readonly mask: tf.Tensor2D; // [B, T]
  readonly lastTokens: tf.Tensor1D; // [B] int32, into [B · T]
}

export class RewardModel {
  readonly trunk: CausalLm;
  readonly head: ScalarHead;
  readonly tokenizer: Tokenizer;
  normalisation: Normalisation = { mean: 0, std: 1 };
  /** 0..1, see evaluation/confidence.ts. */
  confidence = 1;
  /** Longer texts are cut to this wherever they are read, in training as in scoring. */
  maxTokens: number;
  #started: { program: Program; score: Step<ScoreTensors, { raw: tf.Tensor1D }> } | undefined;

  constructor(trunk: CausalLm, head: ScalarHead, tokenizer: Tokenizer) {
    this.trunk = trunk;
    this.head = head;
    this.tokenizer = tokenizer;
    this.maxTokens = trunk.config.nPositions;
  }

  /** From a language model, with a fresh head: N(0, 1/√(d + 1)), no bias (OpenAI 2019, OpenRLHF). */
  static async fromBase(dir: string, seed: number): Promise<RewardModel> {
    const { config, tensors } = await readModelFolder(dir);
    const head = ScalarHead.random(HEAD_NAME, config.nEmbd, { seed });
    return new RewardModel(
      new CausalLm(config, tensors, { parts: 'trunk' }),
      head,
      await Tokenizer.fromFolder(dir),
    );
  }

  static async fromFolder(dir: string): Promise<RewardModel> {
    const { config, configJson, tensors } = await readModelFolder(dir);
    const head = new ScalarHead(HEAD_NAME, tensors, config.nEmbd);
    const model = new RewardModel(
      new CausalLm(config, tensors, { parts: 'trunk' }),
      head,
      await Tokenizer.fromFolder(dir),
    );
    const stored = ConfigKeySchema.safeParse(configJson[CONFIG_KEY]);
    if (stored.success) {
      const { confidence, max_tokens: maxTokens, ...normalisation } = stored.data;
      model.normalisation = normalisation;
      model.confidence = confidence;
      if (maxTokens !== undefined) model.maxTokens = maxTokens;
    }
    return model;
  }

  /** `trainedFrom` is the folder that the trunk began in. */
  async write(dir: string, trainedFrom?: string): Promise<void> {
    await writeModelFolder(dir, {
      config: this.trunk.config,
      tensors: new Map([...this.trunk.hostTensors(), ...this.head.hostTensors()]),
      tokenizerJson: this.tokenizer.json,
      tokenizerConfigJson: this.tokenizer.configJson,
      trainedFrom,
      configExtras: {
        architectures: [sequenceClassifierOf(this.trunk.config)],
        num_labels: 1,
        [CONFIG_KEY]: { ...this.normalisation, confidence: this.confidence, max_tokens: this.maxTokens },
      },
    });
  }

  get params(): tf.Variable[] {
    return [...this.trunk.params.values(), ...this.head.params];
  }

  encode(text: { prompt: PromptContent; completion: string }): { ids: number[]; isTruncated: boolean } {
    return encodeForReward(this.tokenizer, text, {
      maxTokens: Math.min(this.maxTokens, this.trunk.config.nPositions),
      eosTokenId: this.trunk.config.eosTokenId,
    });
  }

  /** Raw scores [B], read at each last real token, whose flat place in [B · T] is given; differentiable. */
  rawScores({ ids, mask, lastTokens }: ScoreTensors): tf.Tensor1D {
    return tf.tidy(() => {
      const B = lastTokens.size;
      const D = this.trunk.config.nEmbd;
      const hidden = this.trunk.hidden(ids, mask); // [B, T, D]
      const last = embed(tf.reshape(hidden, [ids.size, D]), lastTokens); // [B, D]
      return tf.reshape(this.head.apply(tf.reshape(last, [B, 1, D])), [B]);
    });
  }

  /** Encoded texts as inputs of a step around `rawScores`. */
  scoreArrays(rows: readonly (readonly number[])[]): { readonly [Name in keyof ScoreTensors]: HostArray } {
    const { ids, mask, T } = rowArrays(rows, this.trunk.config.nPositions, this.program);
    const places = rows.map((row, b) => b * T + row.length - 1);
    return { ids, mask, lastTokens: paddedInts(places, ids.shape[0] ?? 0) };
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
      outputs: { raw: this.rawScores(batch) },
    }));
    this.#started = { program, score };
    return this.#started;
  }

  /** Raw scores as numbers, in the order given; rows of like length are computed together. */
  async scoreRows(
    rows: readonly (readonly number[])[],
    between: () => Promise<void> = () => Promise.resolve(),
  ): Promise<number[]> {
    const order = rows.map((_, i) => i).sort((a, b) => (rows[a]?.length ?? 0) - (rows[b]?.length ?? 0));
    const scores = new Array<number>(rows.length).fill(NaN);
    const { score } = this.#work();
    for (let start = 0; start < order.length; start += SCORE_BATCH) {
      const chunk = order.slice(start, start + SCORE_BATCH);
      const { values } = score.run(this.scoreArrays(chunk.map((i) => rows[i] ?? []))).raw;
      chunk.forEach((i, b) => (scores[i] = values[b] ?? NaN));
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
    this.head.dispose();
  }
}
