// AdamW with decoupled weight decay (Loshchilov and Hutter, 2019, algorithm 2), equal to PyTorch's:
//
//   g   <- g · min(1, maxGradNorm / (‖g‖ + 1e-6))      ‖g‖ over all parameters together
//   p   <- p · (1 - lr · weightDecay)
//   m   <- β1 m + (1 - β1) g
//   v   <- β2 v + (1 - β2) g²
//   p   <- p - lr / (1 - β1^t) · m / (√v / √(1 - β2^t) + eps)
//
// eps stands outside the bias correction. tf.train.adam has it inside, knows no decay, and keeps its moments by the
// position of a gradient in a list, so it is not used.

import * as tf from '@tensorflow/tfjs-core';
import { one, triple } from './custom-grad.ts';
import { adamWKernel, sumSquaresKernel } from './kernels/adamw.ts';
import { hasFusedKernels } from './kernels/heap.ts';

export interface AdamWOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly eps?: number;
  readonly weightDecay?: number;
  /** Largest global norm of the gradients; null or absent: no clipping. */
  readonly maxGradNorm?: number | null;
  /** Which parameters decay; all of them by default, as in PyTorch. */
  readonly decays?: (param: tf.Variable) => boolean;
}

export interface AdamWState {
  readonly step: number;
  /** m and v by the position of the parameter in the constructor's list. */
  readonly firstMoments: readonly Float32Array[];
  readonly secondMoments: readonly Float32Array[];
}

interface Slot {
  readonly param: tf.Variable;
  readonly decay: boolean;
  m: tf.Tensor;
  v: tf.Tensor;
}

export class AdamW {
  readonly #slots: Slot[];
  readonly #beta1: number;
  readonly #beta2: number;
  readonly #eps: number;
  readonly #weightDecay: number;
  readonly #maxGradNorm: number | null;
  #step = 0;

  constructor(params: readonly tf.Variable[], options: AdamWOptions = {}) {
    this.#beta1 = options.beta1 ?? 0.9;
    this.#beta2 = options.beta2 ?? 0.999;
    this.#eps = options.eps ?? 1e-8;
    this.#weightDecay = options.weightDecay ?? 0;
    this.#maxGradNorm = options.maxGradNorm ?? null;
    const decays = options.decays ?? (() => true);
    this.#slots = params.map((param) => ({
      param,
      decay: decays(param),
      m: tf.keep(tf.zeros(param.shape)),
      v: tf.keep(tf.zeros(param.shape)),
    }));
  }

  /**
   * One step. `gradsByName` is keyed by the variable's own name, as tf.variableGrads returns it; the gradients stay
   * the caller's. A parameter without a gradient is left alone, as in PyTorch. Returns the norm before clipping.
   */
  step(gradsByName: Readonly<Record<string, tf.Tensor>>, learningRate: number): { gradNorm: number } {
    const gradNorm = globalNorm(Object.values(gradsByName));
    const clip = this.#maxGradNorm === null ? 1 : Math.min(1, this.#maxGradNorm / (gradNorm + 1e-6));
    this.#step += 1;
    const stepSize = learningRate / (1 - this.#beta1 ** this.#step);
    const rootCorrection2 = Math.sqrt(1 - this.#beta2 ** this.#step);
    for (const slot of this.#slots) {
      const grad = gradsByName[slot.param.name];
      if (grad === undefined) continue;
      this.#update(slot, grad, clip, stepSize, rootCorrection2, learningRate);
    }
    return { gradNorm };
  }

  #update(
    slot: Slot,
    rawGrad: tf.Tensor,
    clip: number,
    stepSize: number,
    rootCorrection2: number,
    learningRate: number,
  ): void {
    const shrink = slot.decay ? 1 - learningRate * this.#weightDecay : 1;
    const update = { clip, stepSize, rootCorrection2, shrink };
    const [param, m, v] = tf.tidy(() =>
      hasFusedKernels()
        ? triple(
            adamWKernel(
              { param: slot.param, m: slot.m, v: slot.v, grad: rawGrad },
              { ...update, beta1: this.#beta1, beta2: this.#beta2, eps: this.#eps },
            ),
          )
        : this.#composedUpdate(slot, rawGrad, update),
    );
    slot.param.assign(param);
    param.dispose();
    slot.m.dispose();
    slot.v.dispose();
    slot.m = tf.keep(m);
    slot.v = tf.keep(v);
  }

  /** The same with stock kernels, for engines that lack ours. */
  #composedUpdate(
    slot: Slot,
    rawGrad: tf.Tensor,
    update: { clip: number; stepSize: number; rootCorrection2: number; shrink: number },
  ): [tf.Tensor, tf.Tensor, tf.Tensor] {
    const grad = tf.mul(rawGrad, update.clip);
    const m = tf.add(tf.mul(slot.m, this.#beta1), tf.mul(grad, 1 - this.#beta1));
    const v = tf.add(tf.mul(slot.v, this.#beta2), tf.mul(tf.square(grad), 1 - this.#beta2));
    const denominator = tf.add(tf.div(tf.sqrt(v), update.rootCorrection2), this.#eps);
    const param = tf.sub(tf.mul(slot.param, update.shrink), tf.mul(tf.div(m, denominator), update.stepSize));
    return [param, m, v];
  }

  /** A copy of everything that the next step depends on besides the parameters. */
  state(): AdamWState {
    return {
      step: this.#step,
      firstMoments: this.#slots.map((slot) => Float32Array.from(slot.m.dataSync())),
      secondMoments: this.#slots.map((slot) => Float32Array.from(slot.v.dataSync())),
    };
  }

  /** Continues from `state`, bit for bit. Sizes are checked before anything changes. */
  restore(state: AdamWState): void {
    for (const [kind, moments] of [
      ['first', state.firstMoments],
      ['second', state.secondMoments],
    ] as const) {
      if (moments.length !== this.#slots.length) {
        throw new Error(
          `The optimiser state has ${moments.length} ${kind} moments, not ${this.#slots.length}.`,
        );
      }
      this.#slots.forEach((slot, i) => {
        if (moments[i]?.length !== slot.param.size) {
          throw new Error(
            `The ${kind} moment of ${slot.param.name} has ${moments[i]?.length ?? 0} values, not ${slot.param.size}.`,
          );
        }
      });
    }
    this.#step = state.step;
    this.#slots.forEach((slot, i) => {
      slot.m.dispose();
      slot.v.dispose();
      // Copies: the caller's arrays stay the caller's.
      slot.m = tf.keep(tf.tensor(Float32Array.from(state.firstMoments[i] ?? []), slot.param.shape));
      slot.v = tf.keep(tf.tensor(Float32Array.from(state.secondMoments[i] ?? []), slot.param.shape));
    });
  }

  dispose(): void {
    for (const slot of this.#slots) {
      slot.m.dispose();
      slot.v.dispose();
    }
  }
}

/** √ Σ g² over all tensors, summed in float64 from float32 partial sums. */
export function globalNorm(grads: readonly tf.Tensor[]): number {
  let total = 0;
  for (const grad of grads) {
    const square = hasFusedKernels()
      ? one(sumSquaresKernel({ x: grad }))
      : tf.tidy(() => tf.sum(tf.square(grad)));
    total += square.dataSync()[0] ?? 0;
    square.dispose();
  }
  return Math.sqrt(total);
}
