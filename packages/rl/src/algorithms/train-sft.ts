// Supervised fine-tuning: the policy learns texts that people wrote, edited or preferred (Ouyang et al. 2022, 3.5).

import type { SftConfig } from '@rankloop/contracts';
import { encodeTarget } from '../data/encode-target.ts';
import { z } from 'zod';
import { Random } from '../engine/random.ts';
import { CausalLm } from '../models/causal-lm.ts';
import { Tokenizer } from '../tokenizers/tokenizer.ts';
import { writeModelFolder } from '../weights/model-folder.ts';
import type { HostTensor } from '../weights/safetensors.ts';
import { randomPart, valuePart } from './progress/parts.ts';
import { findSaved, goOn, saveWhenDue, type Part } from './progress/progress.ts';
import { Stopwatch } from './progress/stopwatch.ts';
import { refuseUnlearning } from './sft/refuse-unlearning.ts';
import { NextTokenTraining, type TokenSequence } from './sft/next-token-training.ts';
import { PooledBatches } from './sft/pooled-batches.ts';
import type { SftExample, SftReport, SftSource, TrainSftOptions } from './sft/types.ts';
import { cosineToZero, pauseBetweenSteps } from './step-control.ts';
import { DivergedError } from './types.ts';

/** Writes the fine-tuned policy as a complete model folder. */
export async function trainSft(options: TrainSftOptions): Promise<SftReport> {
  const stopwatch = new Stopwatch();
  const { config, policyDir } = options;
  const tokenizer = await Tokenizer.fromFolder(policyDir);
  const model = await CausalLm.fromFolder(policyDir);
  try {
    // 1. The texts of the chosen sources in tokens.
    const { nPositions, eosTokenId, bosTokenId } = model.config;
    const limits = { maxTokens: Math.min(config.maxTokens, nPositions), eosTokenId, bosTokenId };
    const encode = ({ promptText: text, conversation, output, isCutOff, weight }: SftExample) => ({
      ...encodeTarget(tokenizer, { prompt: { text, conversation }, completion: output, isCutOff }, limits),
      weight,
    });
    const examples = options.examples.filter((example) => isLearned(example, config));
    const train = examples.map(encode);
    const heldOut = options.heldOut.filter((example) => isLearned(example, config)).map(encode);
    if (train.length === 0) {
      throw new Error('There is nothing to learn from: no text is of a source that the settings switch on.');
    }

    // 2. Passes in shuffled order, measured on held-out prompts after each.
    const { kept, ...course } = await optimise({ model, sequences: train, heldOut, stopwatch }, options);

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
      seconds: stopwatch.seconds,
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
  /** On some of the texts that were learned. */
  readonly loss: number;
}

type Course = Pick<SftReport, 'steps' | 'finalLoss' | 'heldOutLossBefore' | 'heldOutLossByEpoch'>;

interface SftRun {
  readonly model: CausalLm;
  readonly sequences: readonly TokenSequence[];
  readonly heldOut: readonly TokenSequence[];
  readonly stopwatch: Stopwatch;
}

async function optimise(
  { model, sequences, heldOut, stopwatch }: SftRun,
  options: TrainSftOptions,
): Promise<Course & { kept: Kept }> {
  const { config, seed, onMetrics, progress } = options;
  const pause = pauseBetweenSteps(options);
  const training = new NextTokenTraining(model, config);
  const measure = () => (heldOut.length === 0 ? null : training.lossOn(heldOut, config.batchSize));
  const stepsPerEpoch = Math.ceil(sequences.length / config.batchSize);
  const totalSteps = stepsPerEpoch * config.epochs;
  const warmupSteps = Math.round(config.warmupFraction * totalSteps);
  const random = new Random(seed);
  const batches = new PooledBatches(sequences, config.batchSize, random);
  let course: SavedCourse = { finalLoss: 0, tokens: 0, heldOutLossByEpoch: [] };
  let kept: Kept | null = null;
  const parts = {
    ...training.parts,
    random: randomPart(random),
    batches: batches.part,
    stopwatch: stopwatch.part,
    course: valuePart(SavedCourse, { read: () => course, place: (saved) => (course = saved) }),
    kept: keptPart(model, { read: () => kept, place: (saved) => (kept = saved) }),
  };
  try {
    const heldOutLossBefore = measure();
    const some = sequences.slice(0, config.batchSize);
    const lossOnSome = () => training.lossOn(some, config.batchSize);
    const before = lossOnSome();
    const done = goOn(progress, await findSaved(progress), parts);
    for (let step = done + 1; step <= totalSteps; step++) {
      await pause();
      const learningRate = config.learningRate * cosineToZero(step, totalSteps, warmupSteps);
      const batch = batches.next();
      const values = training.step(batch, learningRate);
      if (!Number.isFinite(values.loss) || !Number.isFinite(values.grad_norm)) {
        throw new DivergedError(`The loss was not a number at step ${step}: lower the learning rate.`, step);
      }
      const tokens = course.tokens + batch.reduce((sum, { ids, start }) => sum + ids.length - start, 0);
      const epoch = step / stepsPerEpoch;
      const heldOutLoss = Number.isInteger(epoch) ? measure() : null;
      const heldOutLossByEpoch = [
        ...course.heldOutLossByEpoch,
        ...(heldOutLoss === null ? [] : [heldOutLoss]),
      ];
      course = { finalLoss: values.loss, tokens, heldOutLossByEpoch };
      onMetrics?.(step, totalSteps, {
        ...values,
        learning_rate: learningRate,
        epoch,
        num_tokens: tokens,
        ...(heldOutLoss !== null && { eval_loss: heldOutLoss }),
      });
      const isBest = heldOutLoss === null || kept === null || heldOutLoss < (kept.heldOutLoss ?? Infinity);
      if (Number.isInteger(epoch) && (isBest || !config.keepBestEpoch))
        kept = { tensors: model.hostTensors(), epoch, heldOutLoss, loss: lossOnSome() };
      await saveWhenDue(progress, step, parts);
    }
    if (kept === null) throw new Error('There was no pass over the texts.');
    refuseUnlearning({ before, after: kept.loss }, totalSteps);
    const { finalLoss, heldOutLossByEpoch } = course;
    return { steps: totalSteps, finalLoss, heldOutLossBefore, heldOutLossByEpoch, kept };
  } finally {
    training.dispose();
  }
}

const SavedCourse = z.object({
  finalLoss: z.number(),
  tokens: z.number(),
  heldOutLossByEpoch: z.array(z.number()),
});
type SavedCourse = z.infer<typeof SavedCourse>;

const KeptOf = z.object({
  epoch: z.number(),
  heldOutLoss: z.number().nullable(),
  loss: z.number(),
});

/** The best weights so far, which the folder may be made of. */
function keptPart(
  model: CausalLm,
  { read, place }: { read: () => Kept | null; place: (kept: Kept | null) => void },
): Part {
  return {
    read: () => {
      const kept = read();
      if (kept === null) return { value: null, tensors: new Map() };
      const { tensors, ...value } = kept;
      return { value, tensors };
    },
    accept: ({ value, tensors }) => {
      const of = KeptOf.nullable().parse(value);
      const isWhole = [...model.params.keys()].every((name) => tensors.has(name));
      if (of !== null && !isWhole) throw new Error('What was saved lacks weights of the best pass.');
      return () => place(of === null ? null : { ...of, tensors });
    },
  };
}
