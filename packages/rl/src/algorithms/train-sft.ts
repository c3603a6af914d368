// Supervised fine-tuning: the policy learns texts that people wrote, edited or preferred (Ouyang et al. 2022, 3.5).

import type { SftConfig } from '@rankloop/contracts';
import { encodeTarget } from '../data/encode-target.ts';
import { Random } from '../engine/random.ts';
import { learningRateFactor } from '../engine/schedule.ts';
import { CausalLm } from '../models/causal-lm.ts';
import { Tokenizer } from '../tokenizers/tokenizer.ts';
import { writeModelFolder } from '../weights/model-folder.ts';
import type { HostTensor } from '../weights/safetensors.ts';
import { batchesForever, NextTokenTraining, type TokenSequence } from './sft/next-token-training.ts';
import type { SftExample, SftReport, SftSource, TrainSftOptions } from './sft/types.ts';
import { pauseBetweenSteps } from './step-control.ts';
import { DivergedError } from './types.ts';

/** Writes the fine-tuned policy as a complete model folder. */
export async function trainSft(options: TrainSftOptions): Promise<SftReport> {
  const started = performance.now();
  const { config, policyDir } = options;
  const tokenizer = await Tokenizer.fromFolder(policyDir);
  const model = await CausalLm.fromFolder(policyDir);
  try {
    // 1. The texts of the chosen sources in tokens.
    const { nPositions, eosTokenId, bosTokenId } = model.config;
    const limits = { maxTokens: Math.min(config.maxTokens, nPositions), eosTokenId, bosTokenId };
    const encode = ({ promptText, conversation, output, weight }: SftExample) => ({
      ...encodeTarget(tokenizer, { prompt: { text: promptText, conversation }, completion: output }, limits),
      weight,
    });
    const examples = options.examples.filter((example) => isLearned(example, config));
    const train = examples.map(encode);
    const heldOut = options.heldOut.filter((example) => isLearned(example, config)).map(encode);
    if (train.length === 0) {
      throw new Error('There is nothing to learn from: no text is of a source that the settings switch on.');
    }

    // 2. Passes in shuffled order, measured on held-out prompts after each.
    const { kept, ...course } = await optimise(model, train, heldOut, options);

    // 3. A complete folder.
    if (![...kept.tensors.values()].every(({ values }) => values.every(Number.isFinite))) {
      throw new DivergedError(
        'The last update left weights that are not numbers: lower the learning rate.',
        course.steps,
      );
    }
    await writeModelFolder(options.outDir, {
      config: model.config,
      tensors: kept.tensors,
      tokenizerJson: tokenizer.json,
      tokenizerConfigJson: tokenizer.configJson,
      trainedFrom: policyDir,
    });
    return {
      ...course,
      heldOutLoss: kept.heldOutLoss,
      keptEpoch: kept.epoch,
      seconds: (performance.now() - started) / 1000,
      trainTexts: train.length,
      heldOutTexts: heldOut.length,
      sources: countSources(examples),
      skippedTexts: options.examples.length + options.heldOut.length - train.length - heldOut.length,
      truncatedTexts: [...train, ...heldOut].filter(({ isTruncated }) => isTruncated).length,
    };
  } finally {
    model.dispose();
  }
}

function isLearned({ source, weight }: SftExample, config: SftConfig): boolean {
  const isOn = {
    demonstration: config.demonstrations,
    correction: config.corrections,
    chosen: config.chosen,
  };
  return isOn[source] && weight > 0;
}

function countSources(examples: readonly SftExample[]): Record<SftSource, number> {
  const count = (wanted: SftSource) => examples.filter(({ source }) => source === wanted).length;
  return {
    demonstration: count('demonstration'),
    correction: count('correction'),
    chosen: count('chosen'),
  };
}

interface Kept {
  readonly tensors: ReadonlyMap<string, HostTensor>;
  readonly epoch: number;
  readonly heldOutLoss: number | null;
}

type Course = Pick<SftReport, 'steps' | 'finalLoss' | 'heldOutLossBefore' | 'heldOutLossByEpoch'>;

async function optimise(
  model: CausalLm,
  sequences: readonly TokenSequence[],
  heldOut: readonly TokenSequence[],
  options: TrainSftOptions,
): Promise<Course & { kept: Kept }> {
  const { config, seed, onMetrics } = options;
  const pause = pauseBetweenSteps(options);
  const training = new NextTokenTraining(model, config);
  const measure = () => (heldOut.length === 0 ? null : training.lossOn(heldOut, config.batchSize));
  const stepsPerEpoch = Math.ceil(sequences.length / config.batchSize);
  const totalSteps = stepsPerEpoch * config.epochs;
  const warmupSteps = Math.round(config.warmupFraction * totalSteps);
  const batches = batchesForever(sequences, config.batchSize, new Random(seed));
  let finalLoss = NaN;
  let tokens = 0;
  let kept: Kept | null = null;
  const heldOutLossByEpoch: number[] = [];
  try {
    const heldOutLossBefore = measure();
    for (let step = 1; step <= totalSteps; step++) {
      await pause();
      const schedule = { name: 'cosine', totalSteps, warmupSteps } as const;
      const learningRate = config.learningRate * learningRateFactor(schedule, step);
      const batch = batches.next().value;
      const values = training.step(batch, learningRate);
      if (!Number.isFinite(values.loss) || !Number.isFinite(values.grad_norm)) {
        throw new DivergedError(`The loss was not a number at step ${step}: lower the learning rate.`, step);
      }
      finalLoss = values.loss;
      tokens += batch.reduce((sum, { ids, start }) => sum + ids.length - start, 0);
      const epoch = step / stepsPerEpoch;
      const heldOutLoss = Number.isInteger(epoch) ? measure() : null;
      if (heldOutLoss !== null) heldOutLossByEpoch.push(heldOutLoss);
      onMetrics?.(step, totalSteps, {
        ...values,
        learning_rate: learningRate,
        epoch,
        num_tokens: tokens,
        ...(heldOutLoss !== null && { eval_loss: heldOutLoss }),
      });
      const isBest = heldOutLoss === null || kept === null || heldOutLoss < (kept.heldOutLoss ?? Infinity);
      if (Number.isInteger(epoch) && (isBest || !config.keepBestEpoch))
        kept = { tensors: model.hostTensors(), epoch, heldOutLoss };
    }
    if (kept === null) throw new Error('There was no pass over the texts.');
    return { steps: totalSteps, finalLoss, heldOutLossBefore, heldOutLossByEpoch, kept };
  } finally {
    training.dispose();
  }
}
