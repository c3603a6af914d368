// Updates of a language model on texts in tokens, and its loss on others: the part that every supervised training
// shares.
//
//   loss = - Σ_i w_i Σ_t log π(y_it | x_i, y_i,<t) / Σ_i w_i |y_i|
//
// over the completion's tokens and the end-of-text token after it; the prompt is context only.

import * as tf from '@tensorflow/tfjs-core';
import { paddedFloats, paddedInts, rowArrays } from '../../data/token-batch.ts';
import type { HostArray } from '../../engine/host-array.ts';
import { embed, targetLogProbs } from '../../engine/ops.ts';
import { AdamW } from '../../engine/optimizer.ts';
import { paddedSize } from '../../engine/padded-size.ts';
import { Program, type Step } from '../../engine/program.ts';
import type { Random } from '../../engine/random.ts';
import type { CausalLm } from '../../models/causal-lm.ts';
import { optimizerPart, weightsPart } from '../progress/parts.ts';
import type { Parts } from '../progress/progress.ts';
import { decoderInSession, type RecordedDecoder } from '../../sampling/recorded-decoder.ts';
import { PooledBatches } from './pooled-batches.ts';

/** A text in tokens. */
export interface TokenSequence {
  /** Prompt, completion and end-of-text token. */
  readonly ids: readonly number[];
  /** Where the completion begins; at least 1. */
  readonly start: number;
  /** How much each of its tokens counts; 1 by default. */
  readonly weight?: number;
}

/** One batch, as inputs of a step: N completion tokens, each predicted from the state at a flat place of [B · T]. */
interface BatchTensors {
  readonly ids: tf.Tensor2D; // [B, T] int32
  readonly mask: tf.Tensor2D; // [B, T]
  readonly places: tf.Tensor1D; // [N] int32
  readonly targets: tf.Tensor1D; // [N] int32
  /** The token's share of the loss, which add up to 1; 0 for padding. */
  readonly weights: tf.Tensor1D; // [N]
}

interface TrainOutputs {
  readonly loss: tf.Tensor;
  readonly gradNorm: tf.Tensor;
}

export interface NextTokenOptimiser {
  readonly weightDecay: number;
  readonly maxGradNorm: number;
}

/** The updates of one model with one optimiser, as steps of a program of their own. */
export class NextTokenTraining {
  /** Draws from the model while its weights are here; undefined where that is not the faster way. */
  readonly decoder: RecordedDecoder | undefined;
  /** What of it changes while it runs. */
  readonly parts: Parts;
  readonly #model: CausalLm;
  readonly #optimizer: AdamW;
  readonly #program: Program;
  readonly #train: Step<BatchTensors & { readonly rate: tf.Tensor1D }, TrainOutputs>;
  readonly #evaluate: Step<BatchTensors, { readonly loss: tf.Tensor }>;

  constructor(model: CausalLm, { weightDecay, maxGradNorm }: NextTokenOptimiser) {
    const params = [...model.params.values()];
    const optimizer = new AdamW(params, {
      beta2: 0.98,
      weightDecay,
      maxGradNorm,
      // Decay is for matrices: a decayed bias or gain only loses fit.
      decays: (param) => param.rank > 1,
    });
    this.#model = model;
    this.#optimizer = optimizer;
    this.parts = { model: weightsPart(params), adam: optimizerPart(optimizer, params) };
    this.#program = programOf(model);
    this.#program.addState(optimizer.stateVariables('adam'));
    this.#train = this.#program.step(
      'train',
      (_, { rate, ...batch }: BatchTensors & { readonly rate: tf.Tensor1D }) => {
        const { value, grads } = tf.variableGrads(() => completionLoss(model, batch), params);
        const { gradNorm, update } = optimizer.updates(grads, rate);
        return { outputs: { loss: value, gradNorm }, updates: [update] };
      },
    );
    this.#evaluate = evaluationStep(model, this.#program);
    this.decoder = decoderInSession(model, this.#program);
  }

  /** Forgets the moments of the optimiser, as a new training would; what is recorded stays. */
  beginAnew(): void {
    const { firstMoments, secondMoments } = this.#optimizer.state();
    const zeros = (moments: readonly Float32Array[]) => moments.map(({ length }) => new Float32Array(length));
    this.#optimizer.restore({
      step: 0,
      firstMoments: zeros(firstMoments),
      secondMoments: zeros(secondMoments),
    });
  }

  /** One update; the loss is the one before it. */
  step(batch: readonly TokenSequence[], learningRate: number): { loss: number; grad_norm: number } {
    const arrays = batchArrays(batch, this.#model.config.nPositions, this.#program);
    const { loss, gradNorm } = this.#train.run({ ...arrays, rate: this.#optimizer.rate(learningRate) });
    this.#optimizer.advance();
    return { loss: loss.values[0] ?? NaN, grad_norm: gradNorm.values[0] ?? NaN };
  }

  /** The loss over all of `sequences` as the model is now; NaN where there are none. */
  lossOn(sequences: readonly TokenSequence[], batchSize: number): number {
    return meanLoss(this.#evaluate, sequences, {
      batchSize,
      nPositions: this.#model.config.nPositions,
      program: this.#program,
    });
  }

  /** Ends the program and the optimiser; the model stays the caller's, with its last weights. */
  dispose(): void {
    this.decoder?.dispose();
    this.#program.dispose();
    this.#optimizer.dispose();
  }
}

/** The loss of a model that is not being trained. */
export function nextTokenLoss(
  model: CausalLm,
  sequences: readonly TokenSequence[],
  batchSize: number,
): number {
  const program = programOf(model);
  try {
    const step = evaluationStep(model, program);
    return meanLoss(step, sequences, { batchSize, nPositions: model.config.nPositions, program });
  } finally {
    program.dispose();
  }
}

/** The same batches as `PooledBatches` gives, as a generator. */
export function* batchesForever(
  sequences: readonly TokenSequence[],
  batchSize: number,
  random: Random,
): Generator<readonly TokenSequence[], never> {
  const batches = new PooledBatches(sequences, batchSize, random);
  for (;;) yield batches.next();
}

function programOf(model: CausalLm): Program {
  const named = [...model.params].map(([name, variable]) => [`model/${name}`, variable] as const);
  return new Program({ state: Object.fromEntries(named) });
}

function evaluationStep(model: CausalLm, program: Program): Step<BatchTensors, { readonly loss: tf.Tensor }> {
  return program.step('evaluate', (_, batch: BatchTensors) => ({
    outputs: { loss: completionLoss(model, batch) },
  }));
}

function meanLoss(
  step: Step<BatchTensors, { readonly loss: tf.Tensor }>,
  sequences: readonly TokenSequence[],
  engine: { batchSize: number; nPositions: number; program: Program },
): number {
  let total = 0;
  let weights = 0;
  for (let start = 0; start < sequences.length; start += engine.batchSize) {
    const batch = sequences.slice(start, start + engine.batchSize);
    const weight = batch.reduce((sum, sequence) => sum + weightOf(sequence), 0);
    const { loss } = step.run(batchArrays(batch, engine.nPositions, engine.program));
    total += (loss.values[0] ?? NaN) * weight;
    weights += weight;
  }
  return total / weights;
}

/** Of all completion tokens of a sequence. */
function weightOf({ ids, start, weight = 1 }: TokenSequence): number {
  return weight * (ids.length - start);
}

function batchArrays(
  batch: readonly TokenSequence[],
  nPositions: number,
  engine: { readonly isRecorded: boolean },
): { readonly [Name in keyof BatchTensors]: HostArray } {
  // The last token is only ever a target.
  const { ids, mask, T } = rowArrays(
    batch.map((sequence) => sequence.ids.slice(0, -1)),
    nPositions,
    engine,
  );
  const places: number[] = [];
  const targets: number[] = [];
  const weights: number[] = [];
  const total = batch.reduce((sum, sequence) => sum + weightOf(sequence), 0);
  batch.forEach((sequence, row) => {
    for (let t = sequence.start; t < sequence.ids.length; t++) {
      places.push(row * T + t - 1);
      targets.push(sequence.ids[t] ?? 0);
      weights.push((sequence.weight ?? 1) / total);
    }
  });
  const N = paddedSize(places.length, engine);
  return {
    ids,
    mask,
    places: paddedInts(places, N),
    targets: paddedInts(targets, N),
    weights: paddedFloats(weights, N),
  };
}

function completionLoss(model: CausalLm, { ids, mask, places, targets, weights }: BatchTensors): tf.Scalar {
  const { nEmbd: D, vocabSize } = model.config;
  return tf.tidy(() => {
    const hidden = model.hidden(ids, mask); // [B, T, D]
    const predicting = embed(tf.reshape(hidden, [ids.size, D]), places); // [N, D]
    const logits = model.logits(tf.reshape(predicting, [1, places.size, D])); // [1, N, V]
    const logProbs = targetLogProbs(tf.reshape(logits, [places.size, vocabSize]), targets); // [N]
    return tf.neg(tf.sum<tf.Scalar>(tf.mul(logProbs, weights)));
  });
}
