// Supervised fine-tuning on chosen outputs, of the policy in place.

import { encodeTarget } from '../../data/encode-target.ts';
import { batchesForever, NextTokenTraining } from '../sft/next-token-training.ts';
import { cosineToTenth } from '../step-control.ts';
import { DivergedError } from '../types.ts';
import type { ChosenOutput } from './draw.ts';
import { mean } from './statistics.ts';
import type { Workshop } from './workshop.ts';

/** How chosen outputs are learned, as the recipes' settings say it. */
export interface LearnSettings {
  readonly learningRate: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly warmupFraction: number;
  readonly maxGradNorm: number;
  readonly weightDecay: number;
  readonly maxTokens: number;
}

export interface Learned {
  /** Means over the steps. */
  readonly loss: number;
  readonly gradNorm: number;
}

/** Updates that `learnChosen` makes. */
export function countSteps(outputs: number, { batchSize, epochs }: LearnSettings): number {
  return Math.ceil(outputs / batchSize) * epochs;
}

/**
 * Every output is seen `epochs` times; the optimiser begins anew.
 *
 * @throws DivergedError where the loss or its gradient is not a number
 */
export async function learnChosen(
  workshop: Pick<Workshop, 'policy' | 'tokenizer' | 'random' | 'pause' | 'training' | 'updates'>,
  chosen: readonly ChosenOutput[],
  settings: LearnSettings,
  onStep?: (step: number, values: Record<string, number>) => void,
): Promise<Learned> {
  const { policy, tokenizer, random, pause } = workshop;
  const { nPositions, eosTokenId, bosTokenId } = policy.config;
  const limits = { maxTokens: Math.min(settings.maxTokens, nPositions), eosTokenId, bosTokenId };
  const examples = chosen.map(({ prompt, text, isCutOff }) =>
    encodeTarget(tokenizer, { prompt, completion: text, isCutOff }, limits),
  );
  const steps = countSteps(chosen.length, settings);
  const warmupSteps = Math.round(settings.warmupFraction * steps);
  const batches = batchesForever(examples, settings.batchSize, random);
  const training = (workshop.training ??= new NextTokenTraining(policy, settings));
  training.beginAnew();
  const taken: { loss: number; grad_norm: number }[] = [];
  for (let step = 0; step < steps; step++) {
    await pause();
    const learningRate = settings.learningRate * cosineToTenth(step, steps, warmupSteps);
    const values = training.step(batches.next().value, learningRate);
    workshop.updates += 1;
    if (!Number.isFinite(values.loss) || !Number.isFinite(values.grad_norm)) {
      throw new DivergedError(
        `The loss was not a number at step ${workshop.updates}: lower the learning rate.`,
        workshop.updates,
      );
    }
    taken.push(values);
    onStep?.(step + 1, { ...values, learning_rate: learningRate });
  }
  return { loss: mean(taken.map(({ loss }) => loss)), gradNorm: mean(taken.map((step) => step.grad_norm)) };
}
