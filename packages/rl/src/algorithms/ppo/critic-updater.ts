// One clipped step of a critic, as a step of its network's program.

import type * as tf from '@tensorflow/tfjs-core';
import { paddedFloats } from '../../data/token-batch.ts';
import { lossGradients } from '../../engine/loss-gradients.ts';
import type { AdamW } from '../../engine/optimizer.ts';
import type { Step } from '../../engine/program.ts';
import { ppoValueLoss } from '../../losses/ppo-losses.ts';
import type { Critic } from './actor-critic.ts';
import { episodeArrays, isEndValued, withEndState, type EpisodeTensors, type Experience } from './episode.ts';
import { shareOf } from './statistics.ts';

interface ValueInputs extends EpisodeTensors {
  /** 1 for tokens, 0 for padding [N]. */
  readonly counts: tf.Tensor1D;
  readonly rate: tf.Tensor1D;
  readonly oldValues: tf.Tensor1D; // [N]
  readonly returns: tf.Tensor1D; // [N]
}

interface ValueOutputs {
  readonly loss: tf.Tensor;
  /** V before the update [N]. */
  readonly tokens: tf.Tensor;
  readonly gradNorm: tf.Tensor;
}

export interface CriticMetrics {
  readonly valueLoss: number;
  readonly valueClipFraction: number;
  readonly valueGradNorm: number;
}

export class CriticUpdater {
  readonly #critic: Critic;
  readonly #optimizer: AdamW;
  readonly #clipRange: number;
  readonly #step: Step<ValueInputs, ValueOutputs>;

  constructor(critic: Critic, optimizer: AdamW, clipRange: number) {
    this.#critic = critic;
    this.#optimizer = optimizer;
    this.#clipRange = clipRange;
    critic.program.addState(optimizer.stateVariables('adam'));
    this.#step = critic.program.step('train', (_, inputs: ValueInputs) => {
      const { oldValues, returns, counts, rate } = inputs;
      const { loss, kept, grads } = lossGradients(() => {
        const tokens = critic.values(inputs);
        return {
          loss: ppoValueLoss({ values: tokens, oldValues, returns, mask: counts, clipRange }),
          kept: { tokens },
        };
      }, critic.params);
      const { gradNorm, update } = optimizer.updates(grads, rate);
      return { outputs: { loss, tokens: kept.tokens, gradNorm }, updates: [update] };
    });
  }

  update(minibatch: readonly Experience[], learningRate: number): CriticMetrics {
    const oldValues = minibatch.flatMap((one) => one.oldValues);
    const read = minibatch.map((one) => (isEndValued(one) ? withEndState(one) : one));
    const batch = episodeArrays(read, this.#critic.nPositions, this.#critic.program);
    const padded = (values: readonly number[]) => paddedFloats(values, batch.places.values.length);
    const { loss, tokens, gradNorm } = this.#step.run({
      ...batch,
      counts: padded(oldValues.map(() => 1)),
      oldValues: padded(oldValues),
      returns: padded(minibatch.flatMap((one) => one.returns)),
      rate: this.#optimizer.rate(learningRate),
    });
    this.#optimizer.advance();
    const newValues = Array.from(tokens.values).slice(0, oldValues.length);
    return {
      valueLoss: loss.values[0] ?? NaN,
      valueGradNorm: gradNorm.values[0] ?? NaN,
      valueClipFraction: shareOf(newValues, (v, t) => Math.abs(v - (oldValues[t] ?? NaN)) > this.#clipRange),
    };
  }
}
