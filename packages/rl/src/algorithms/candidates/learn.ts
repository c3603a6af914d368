// Supervised fine-tuning on chosen outputs, of the policy in place.

import { z } from 'zod';
import { encodeTarget } from '../../data/encode-target.ts';
import { randomPart, valuePart } from '../progress/parts.ts';
import { findSaved, goOn, saveWhenDue, type Progress } from '../progress/progress.ts';
import { refuseUnlearning } from '../sft/refuse-unlearning.ts';
import { NextTokenTraining } from '../sft/next-token-training.ts';
import { PooledBatches } from '../sft/pooled-batches.ts';
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

/** Means over the steps. */
export const Learned = z.object({ loss: z.number(), gradNorm: z.number() });
export type Learned = z.infer<typeof Learned>;

const Taken = z.array(z.object({ loss: z.number(), grad_norm: z.number() }));

interface LearnHooks {
  readonly onStep?: (step: number, values: Record<string, number>) => void;
  readonly progress?: Progress | undefined;
}

/** Updates that `learnChosen` makes. */
export function countSteps(outputs: number, { batchSize, epochs }: LearnSettings): number {
  return Math.ceil(outputs / batchSize) * epochs;
}

/**
 * Every output is seen `epochs` times; the optimiser begins anew.
 *
 * @throws DivergedError where the loss or its gradient is not a number, or the outputs are unlearned
 */
export async function learnChosen(
  workshop: Pick<Workshop, 'policy' | 'tokenizer' | 'random' | 'pause' | 'training' | 'updates'>,
  chosen: readonly ChosenOutput[],
  settings: LearnSettings,
  { onStep, progress }: LearnHooks = {},
): Promise<Learned> {
  const { policy, tokenizer, random, pause } = workshop;
  const { nPositions, eosTokenId, bosTokenId } = policy.config;
  const limits = { maxTokens: Math.min(settings.maxTokens, nPositions), eosTokenId, bosTokenId };
  const examples = chosen.map(({ prompt, text, isCutOff }) =>
    encodeTarget(tokenizer, { prompt, completion: text, isCutOff }, limits),
  );
  const steps = countSteps(chosen.length, settings);
  const warmupSteps = Math.round(settings.warmupFraction * steps);
  const batches = new PooledBatches(examples, settings.batchSize, random);
  const training = (workshop.training ??= new NextTokenTraining(policy, settings));
  training.beginAnew();
  const some = examples.slice(0, settings.batchSize);
  const before = training.lossOn(some, settings.batchSize);
  let taken: z.infer<typeof Taken> = [];
  const parts = {
    ...training.parts,
    random: randomPart(random),
    batches: batches.part,
    taken: valuePart(Taken, { read: () => [...taken], place: (saved) => (taken = saved) }),
  };
  const done = goOn(progress, await findSaved(progress), parts);
  workshop.updates += done;
  for (let step = done; step < steps; step++) {
    await pause();
    const learningRate = settings.learningRate * cosineToTenth(step, steps, warmupSteps);
    const values = training.step(batches.next(), learningRate);
    workshop.updates += 1;
    if (!Number.isFinite(values.loss) || !Number.isFinite(values.grad_norm)) {
      throw new DivergedError(
        `The loss was not a number at step ${workshop.updates}: lower the learning rate.`,
        workshop.updates,
      );
    }
    taken.push(values);
    onStep?.(step + 1, { ...values, learning_rate: learningRate });
    await saveWhenDue(progress, step + 1, parts);
  }
  const after = training.lossOn(some, settings.batchSize);
  refuseUnlearning({ before, after }, workshop.updates);
  return { loss: mean(taken.map(({ loss }) => loss)), gradNorm: mean(taken.map((step) => step.grad_norm)) };
}
