// The update of a policy from drawn outputs, as a step of its program: any surrogate loss over the drawn tokens, the
// corpus beside it where one is mixed in, and no move at all where the policy has already gone too far.

import * as tf from '@tensorflow/tfjs-core';
import type { HostArray } from '../../engine/host-array.ts';
import { lossGradients } from '../../engine/loss-gradients.ts';
import type { AdamW } from '../../engine/optimizer.ts';
import { DivergedError } from '../types.ts';
import type { Actor } from './actor-critic.ts';
import type { EpisodeTensors } from './episode.ts';
import type { CorpusTensors, PretrainingMix } from './pretraining-mix.ts';

/** What every surrogate takes. */
export interface PolicyStepInputs extends EpisodeTensors {
  /** 1 for tokens, 0 for padding [N]. */
  readonly counts: tf.Tensor1D;
  readonly oldLogProbs: tf.Tensor1D; // [N]
  readonly advantages: tf.Tensor1D; // [N]
  readonly rate: tf.Tensor1D;
}

export interface PolicyStepOptions {
  readonly actor: Actor;
  readonly actorOptimizer: AdamW;
  /** The policy is not moved by a minibatch whose mean ratio is above this. */
  readonly maxRatio: number;
  readonly mix: PretrainingMix | null;
}

export interface PolicyStepResult {
  /** The surrogate alone. */
  readonly policyLoss: number;
  /** - mean log π of the corpus; null where none is mixed in. */
  readonly ptxLoss: number | null;
  /** Of the surrogate and the corpus together; 0 where the policy was not moved. */
  readonly policyGradNorm: number;
  readonly isSkipped: boolean;
  /** log π before the update, of every token and its padding. */
  readonly tokens: HostArray['values'];
}

type Arrays<Tensors> = { readonly [Name in keyof Tensors]: HostArray };

/** Adds the step `train` to the actor's program. `surrogate` takes log π of the tokens [N] and the inputs. */
export function policyStep<Inputs extends PolicyStepInputs & Readonly<Record<keyof Inputs, tf.Tensor>>>(
  options: PolicyStepOptions,
  surrogate: (tokens: tf.Tensor1D, inputs: Inputs) => tf.Scalar,
): (inputs: Arrays<Inputs>) => PolicyStepResult {
  const { actor, actorOptimizer, mix } = options;
  actor.program.addState(actorOptimizer.stateVariables('adam'));
  if (mix === null) {
    const step = actor.program.step('train', (_, inputs: Inputs) => {
      const { loss, kept, grads } = lossGradients(() => {
        const tokens = actor.logProbs(inputs);
        return { loss: surrogate(tokens, inputs), kept: { tokens } };
      }, actor.params);
      return move(options, inputs, grads, { loss, tokens: kept.tokens });
    });
    return (inputs) => resultOf(step.run(inputs), null, actorOptimizer);
  }
  const step = actor.program.step('train', (_, inputs: Inputs & CorpusTensors) => {
    const { kept, grads } = lossGradients(() => {
      const tokens = actor.logProbs(inputs);
      const own = surrogate(tokens, inputs);
      const ptxLoss = mix.loss(inputs);
      return { loss: tf.add(own, tf.mul(mix.coefficient, ptxLoss)), kept: { tokens, own, ptxLoss } };
    }, actor.params);
    return move(options, inputs, grads, { loss: kept.own, tokens: kept.tokens, ptxLoss: kept.ptxLoss });
  });
  return (inputs) => {
    const outputs = step.run({ ...inputs, ...mix.nextBatch() });
    return resultOf(outputs, outputs.ptxLoss.values[0] ?? NaN, actorOptimizer);
  };
}

/** The policy does not move where the mean ratio of the minibatch is above `maxRatio`. */
function move<Outputs extends { readonly tokens: tf.Tensor; readonly loss: tf.Tensor }>(
  { actorOptimizer, maxRatio }: PolicyStepOptions,
  { oldLogProbs, counts, rate }: PolicyStepInputs,
  grads: tf.NamedTensorMap,
  outputs: Outputs,
) {
  const ratios = tf.exp(tf.sub(outputs.tokens, oldLogProbs));
  const meanRatio = tf.div(tf.sum(tf.mul(ratios, counts)), tf.sum(counts));
  const isSkipped = tf.cast(tf.greater(meanRatio, maxRatio), 'float32');
  const { gradNorm, update } = actorOptimizer.updates(grads, rate, isSkipped);
  return { outputs: { ...outputs, gradNorm, isSkipped }, updates: [update] };
}

function resultOf(
  outputs: Arrays<Record<'loss' | 'tokens' | 'gradNorm' | 'isSkipped', tf.Tensor>>,
  ptxLoss: number | null,
  optimizer: AdamW,
): PolicyStepResult {
  const isSkipped = (outputs.isSkipped.values[0] ?? 0) !== 0;
  if (!isSkipped) optimizer.advance();
  return {
    policyLoss: outputs.loss.values[0] ?? NaN,
    ptxLoss,
    policyGradNorm: isSkipped ? 0 : (outputs.gradNorm.values[0] ?? NaN),
    isSkipped,
    tokens: outputs.tokens.values,
  };
}

/** @throws DivergedError */
export function refuseNonNumbers(measured: readonly (number | null)[], iteration: number): void {
  if (measured.every((value) => value === null || Number.isFinite(value))) return;
  throw new DivergedError(
    `A loss was not a number in iteration ${iteration}: lower the learning rates or raise the KL coefficient.`,
    iteration,
  );
}
