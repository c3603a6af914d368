// AdamW with decoupled weight decay (Loshchilov and Hutter, 2019, algorithm 2), equal to PyTorch's:
//
//   g   <- g · min(1, maxGradNorm / (‖g‖ + 1e-6))      ‖g‖ over all parameters together
//   p   <- p · (1 - lr · weightDecay)
//   m   <- β1 m + (1 - β1) g
//   v   <- β2 v + (1 - β2) g²
//   p   <- p - lr / (1 - β1^t) · m / (√v / √(1 - β2^t) + eps)
//
// eps stands outside the bias correction. tf.train.adam has it inside, knows no decay, and keeps its moments by the
// position of a gradient in a list, so it is not used. The same with one root moved over, as ResourceApplyAdam has it:
//
//   p   <- p - α · m / (√v + ε̂)      α = lr · √(1 - β2^t) / (1 - β1^t),   ε̂ = eps · √(1 - β2^t)

import * as tf from '@tensorflow/tfjs-core';
import { triple } from './custom-grad.ts';
import { floats, type HostArray } from './host-array.ts';
import { adamWKernel } from './kernels/adamw.ts';
import { hasFusedKernels } from './kernels/heap.ts';
import { globalNorm, normTensor } from './global-norm.ts';
import { recordAdamW, type AdamWSlot } from './graph/record-adamw.ts';
import type { Update } from './update.ts';

export { globalNorm };

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

/** What one step does, as an input of the program's step: [α, ε̂, lr, lr / (1 - β1^t), √(1 - β2^t)]. */
export type AdamWRate = HostArray;

let optimizerCount = 0;

export class AdamW {
  readonly #slots: readonly AdamWSlot[];
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
    const prefix = `adamw${optimizerCount++}`;
    this.#slots = params.map((param, i) => ({
      param,
      decay: decays(param) && this.#weightDecay !== 0,
      m: zeroVariable(param.shape, `${prefix}/m${i}`),
      v: zeroVariable(param.shape, `${prefix}/v${i}`),
    }));
  }

  /** The moments by name, to be part of a program's state: "<group>/m0", "<group>/v0", ... */
  stateVariables(group: string): Record<string, tf.Variable> {
    const named = this.#slots.flatMap(({ m, v }, i) => [
      [`${group}/m${i}`, m] as const,
      [`${group}/v${i}`, v] as const,
    ]);
    return Object.fromEntries(named);
  }

  /** The input of the next step at this learning rate. The step counts once `advance` is called. */
  rate(learningRate: number): AdamWRate {
    const t = this.#step + 1;
    const rootCorrection2 = Math.sqrt(1 - this.#beta2 ** t);
    const stepSize = learningRate / (1 - this.#beta1 ** t);
    // TensorFlow's kernel takes float32 betas, and 1 - β2 of those differs in the fifth digit. The corrections of the
    // same betas make the moments unbiased again.
    const rootKernelCorrection2 = Math.sqrt(1 - Math.fround(this.#beta2) ** t);
    const alpha = (learningRate * rootKernelCorrection2) / (1 - Math.fround(this.#beta1) ** t);
    return floats([alpha, this.#eps * rootKernelCorrection2, learningRate, stepSize, rootCorrection2]);
  }

  /** A step was made. */
  advance(): void {
    this.#step += 1;
  }

  /**
   * One step, as updates of a program's step. `grads` are keyed by the variables' own names, as tf.variableGrads
   * returns them; a parameter without a gradient is left alone, as in PyTorch.
   *
   * @param rate [5], from `rate`
   * @param isSkipped scalar, 1 to leave everything as it is, else 0
   * @returns the norm before clipping, and the update
   */
  updates(
    grads: Readonly<Record<string, tf.Tensor>>,
    rate: tf.Tensor,
    isSkipped?: tf.Tensor,
  ): { gradNorm: tf.Tensor; update: Update } {
    const gradNorm = normTensor(Object.values(grads));
    return {
      gradNorm,
      update: {
        apply: () => {
          if (isSkipped !== undefined && (isSkipped.dataSync()[0] ?? 0) !== 0) return;
          const [, , learningRate = NaN, stepSize = NaN, rootCorrection2 = NaN] = rate.dataSync();
          const clip = this.#clipFactor(gradNorm.dataSync()[0] ?? NaN);
          this.#updateAll(grads, { clip, stepSize, rootCorrection2, learningRate });
        },
        record: (graph) =>
          recordAdamW(graph, this.#slots, {
            beta1: this.#beta1,
            beta2: this.#beta2,
            weightDecay: this.#weightDecay,
            maxGradNorm: this.#maxGradNorm,
            grads,
            rate,
            gradNorm,
            isSkipped,
          }),
      },
    };
  }

  /**
   * One step outside a program. The gradients stay the caller's. Returns the norm before clipping.
   */
  step(gradsByName: Readonly<Record<string, tf.Tensor>>, learningRate: number): { gradNorm: number } {
    const gradNorm = globalNorm(Object.values(gradsByName));
    this.#step += 1;
    this.#updateAll(gradsByName, {
      clip: this.#clipFactor(gradNorm),
      stepSize: learningRate / (1 - this.#beta1 ** this.#step),
      rootCorrection2: Math.sqrt(1 - this.#beta2 ** this.#step),
      learningRate,
    });
    return { gradNorm };
  }

  #clipFactor(gradNorm: number): number {
    return this.#maxGradNorm === null ? 1 : Math.min(1, this.#maxGradNorm / (gradNorm + 1e-6));
  }

  #updateAll(
    gradsByName: Readonly<Record<string, tf.Tensor>>,
    how: { clip: number; stepSize: number; rootCorrection2: number; learningRate: number },
  ): void {
    for (const slot of this.#slots) {
      const grad = gradsByName[slot.param.name];
      if (grad === undefined) continue;
      const shrink = slot.decay ? 1 - how.learningRate * this.#weightDecay : 1;
      this.#update(slot, grad, { ...how, shrink });
    }
  }

  #update(
    slot: AdamWSlot,
    rawGrad: tf.Tensor,
    update: { clip: number; stepSize: number; rootCorrection2: number; shrink: number },
  ): void {
    const { param, m, v } = slot;
    const [newParam, newM, newV] = tf.tidy(() =>
      hasFusedKernels()
        ? triple(
            adamWKernel(
              { param, m, v, grad: rawGrad },
              { ...update, beta1: this.#beta1, beta2: this.#beta2, eps: this.#eps },
            ),
          )
        : this.#composedUpdate(slot, rawGrad, update),
    );
    param.assign(newParam);
    m.assign(newM);
    v.assign(newV);
    tf.dispose([newParam, newM, newV]);
  }

  /** The same with stock kernels, for engines that lack ours. */
  #composedUpdate(
    slot: AdamWSlot,
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
      assignValues(slot.m, state.firstMoments[i]);
      assignValues(slot.v, state.secondMoments[i]);
    });
  }

  dispose(): void {
    for (const slot of this.#slots) {
      slot.m.dispose();
      slot.v.dispose();
    }
  }
}

function zeroVariable(shape: number[], name: string): tf.Variable {
  const zeros = tf.zeros(shape);
  const variable = tf.variable(zeros, false, name);
  zeros.dispose();
  return variable;
}

function assignValues(variable: tf.Variable, values: Float32Array = new Float32Array()): void {
  // A copy: the caller's array stays the caller's.
  const value = tf.tensor(Float32Array.from(values), variable.shape);
  variable.assign(value);
  value.dispose();
}
