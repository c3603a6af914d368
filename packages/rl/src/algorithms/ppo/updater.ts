// One minibatch of PPO: a clipped step of the policy and one of the critic, each a step of its network's program.

import * as tf from '@tensorflow/tfjs-core';
import { paddedFloats } from '../../data/token-batch.ts';
import { lossGradients } from '../../engine/loss-gradients.ts';
import type { AdamW } from '../../engine/optimizer.ts';
import type { Step } from '../../engine/program.ts';
import { ppoPolicyLoss, ppoValueLoss } from '../../losses/ppo-losses.ts';
import { DivergedError } from '../types.ts';
import type { Actor, Critic } from './actor-critic.ts';
import { episodeArrays, type EpisodeTensors, type Experience } from './episode.ts';
import { average, shareOf } from './statistics.ts';

export interface UpdateSettings {
  readonly innerEpochs: number;
  readonly minibatchEpisodes: number;
  readonly clipRange: number;
  readonly valueClipRange: number;
  /** The policy is not moved by a minibatch whose mean ratio is above this. */
  readonly maxRatio: number;
  /** Mean approximate KL of a pass above which no further pass is made. */
  readonly stopUpdateKl: number;
}

export interface MinibatchMetrics {
  readonly policyLoss: number;
  readonly valueLoss: number;
  /** ½ mean (log ρ)². */
  readonly approxKl: number;
  /** Share of tokens whose ratio left [1 - ε, 1 + ε] on the side that is clipped. */
  readonly clipFraction: number;
  readonly valueClipFraction: number;
  readonly ratio: number;
  readonly policyGradNorm: number;
  readonly valueGradNorm: number;
  readonly isSkipped: boolean;
}

interface UpdaterOptions {
  readonly actor: Actor;
  readonly critic: Critic;
  readonly actorOptimizer: AdamW;
  readonly criticOptimizer: AdamW;
  readonly settings: UpdateSettings;
}

/** What both steps take beside the sequences. */
interface StepInputs extends EpisodeTensors {
  /** 1 for tokens, 0 for padding [N]. */
  readonly counts: tf.Tensor1D;
  readonly rate: tf.Tensor1D;
}
interface PolicyInputs extends StepInputs {
  readonly oldLogProbs: tf.Tensor1D; // [N]
  readonly advantages: tf.Tensor1D; // [N]
}
interface ValueInputs extends StepInputs {
  readonly oldValues: tf.Tensor1D; // [N]
  readonly returns: tf.Tensor1D; // [N]
}
/** `tokens` [N] are the network's own outputs, before the update. */
interface StepOutputs {
  readonly loss: tf.Tensor;
  readonly tokens: tf.Tensor;
  readonly gradNorm: tf.Tensor;
}

export class PpoUpdater {
  readonly settings: UpdateSettings;
  readonly #options: UpdaterOptions;
  readonly #policyStep: Step<PolicyInputs, StepOutputs & { readonly isSkipped: tf.Tensor }>;
  readonly #valueStep: Step<ValueInputs, StepOutputs>;

  constructor(options: UpdaterOptions) {
    const { actor, critic, actorOptimizer, criticOptimizer } = options;
    this.#options = options;
    this.settings = options.settings;
    actor.program.addState(actorOptimizer.stateVariables('adam'));
    critic.program.addState(criticOptimizer.stateVariables('adam'));
    this.#policyStep = policyStep(options);
    this.#valueStep = valueStep(options);
  }

  /** @throws DivergedError when a loss or a gradient is not a number */
  update(
    minibatch: readonly Experience[],
    rates: {
      readonly actorLearningRate: number;
      readonly criticLearningRate: number;
      readonly iteration: number;
    },
  ): MinibatchMetrics {
    const { actor, critic, actorOptimizer, criticOptimizer, settings } = this.#options;
    const flat = (side: (one: Experience) => readonly number[]) => minibatch.flatMap(side);
    const oldLogProbs = flat((one) => one.oldLogProbs);
    const advantages = flat((one) => one.advantages);
    const oldValues = flat((one) => one.oldValues);
    const actorBatch = episodeArrays(minibatch, actor.nPositions, actor.program);
    const criticBatch = episodeArrays(minibatch, critic.nPositions, critic.program);
    const padded = (values: readonly number[]) => paddedFloats(values, actorBatch.places.values.length);
    const counts = padded(oldLogProbs.map(() => 1));

    const policy = this.#policyStep.run({
      ...actorBatch,
      counts,
      oldLogProbs: padded(oldLogProbs),
      advantages: padded(advantages),
      rate: actorOptimizer.rate(rates.actorLearningRate),
    });
    const isSkipped = (policy.isSkipped.values[0] ?? 0) !== 0;
    if (!isSkipped) actorOptimizer.advance();
    const value = this.#valueStep.run({
      ...criticBatch,
      counts,
      oldValues: padded(oldValues),
      returns: padded(flat((one) => one.returns)),
      rate: criticOptimizer.rate(rates.criticLearningRate),
    });
    criticOptimizer.advance();

    const [policyLoss = NaN, valueLoss = NaN, policyGradNorm = NaN, valueGradNorm = NaN] = [
      policy.loss,
      value.loss,
      policy.gradNorm,
      value.gradNorm,
    ].map(({ values }) => values[0]);
    const measured = isSkipped
      ? [policyLoss, valueLoss, valueGradNorm]
      : [policyLoss, valueLoss, policyGradNorm, valueGradNorm];
    if (!measured.every(Number.isFinite)) {
      throw new DivergedError(
        `A loss was not a number in iteration ${rates.iteration}: lower the learning rates or raise the KL coefficient.`,
        rates.iteration,
      );
    }
    const newLogProbs = Array.from(policy.tokens.values).slice(0, oldLogProbs.length);
    const newValues = Array.from(value.tokens.values).slice(0, oldValues.length);
    return {
      policyLoss,
      valueLoss,
      ...policyStatistics(newLogProbs, oldLogProbs, advantages, settings.clipRange),
      valueClipFraction: shareOf(
        newValues,
        (v, t) => Math.abs(v - (oldValues[t] ?? NaN)) > settings.valueClipRange,
      ),
      policyGradNorm: isSkipped ? 0 : policyGradNorm,
      valueGradNorm,
      isSkipped,
    };
  }
}

/** The policy does not move where the mean ratio of the minibatch is above `maxRatio`. */
function policyStep({ actor, actorOptimizer, settings }: UpdaterOptions) {
  return actor.program.step('train', (_, inputs: PolicyInputs) => {
    const { oldLogProbs, advantages, counts, rate } = inputs;
    const { loss, kept, grads } = lossGradients(() => {
      const tokens = actor.logProbs(inputs);
      const { clipRange } = settings;
      return {
        loss: ppoPolicyLoss({ logProbs: tokens, oldLogProbs, advantages, mask: counts, clipRange }),
        kept: { tokens },
      };
    }, actor.params);
    const ratios = tf.exp(tf.sub(kept.tokens, oldLogProbs));
    const meanRatio = tf.div(tf.sum(tf.mul(ratios, counts)), tf.sum(counts));
    const isSkipped = tf.cast(tf.greater(meanRatio, settings.maxRatio), 'float32');
    const { gradNorm, update } = actorOptimizer.updates(grads, rate, isSkipped);
    return { outputs: { loss, tokens: kept.tokens, gradNorm, isSkipped }, updates: [update] };
  });
}

function valueStep({ critic, criticOptimizer, settings }: UpdaterOptions) {
  return critic.program.step('train', (_, inputs: ValueInputs) => {
    const { oldValues, returns, counts, rate } = inputs;
    const { loss, kept, grads } = lossGradients(() => {
      const tokens = critic.values(inputs);
      const clipRange = settings.valueClipRange;
      return {
        loss: ppoValueLoss({ values: tokens, oldValues, returns, mask: counts, clipRange }),
        kept: { tokens },
      };
    }, critic.params);
    const { gradNorm, update } = criticOptimizer.updates(grads, rate);
    return { outputs: { loss, tokens: kept.tokens, gradNorm }, updates: [update] };
  });
}

function policyStatistics(
  logProbs: readonly number[],
  oldLogProbs: readonly number[],
  advantages: readonly number[],
  clipRange: number,
) {
  const logRatios = logProbs.map((logProb, t) => logProb - (oldLogProbs[t] ?? NaN));
  const ratios = logRatios.map(Math.exp);
  const isClipped = (ratio: number, t: number) =>
    (advantages[t] ?? 0) > 0 ? ratio > 1 + clipRange : ratio < 1 - clipRange;
  return {
    approxKl: 0.5 * average(logRatios, (logRatio) => logRatio * logRatio),
    ratio: average(ratios, (ratio) => ratio),
    clipFraction: shareOf(ratios, isClipped),
  };
}
