// KTO (Ethayarajh et al. 2024): trains a policy on single outputs that people called good or bad.

import { z } from 'zod';
import { ShuffledItems } from '../data/shuffled-items.ts';
import { AdamW } from '../engine/optimizer.ts';
import { Random } from '../engine/random.ts';
import { shareWithInterval } from '../evaluation/bootstrap.ts';
import { CausalLm } from '../models/causal-lm.ts';
import { referenceKlBaseline } from '../reference/kto-loss.ts';
import { Tokenizer } from '../tokenizers/tokenizer.ts';
import { writeModelFolder } from '../weights/model-folder.ts';
import { scoreSequences, type OutputSequence } from './dpo/output-log-probs.ts';
import { LAST_LOOK_OUTPUTS, refuseLastUpdate, refuseRunawayStep } from './dpo/refuse-runaway.ts';
import { KtoTraining, type AnchoredThumb } from './kto/kto-step.ts';
import { prepareThumbs, type PreparedThumb } from './kto/prepare.ts';
import { sideWeights, type SideWeights } from './kto/side-weights.ts';
import type { KtoReport, TrainKtoOptions } from './kto/types.ts';
import { refuseBrokenWeights } from './ppo/improve.ts';
import { optimizerPart, orderPart, randomPart, valuePart, weightsPart } from './progress/parts.ts';
import { findSaved, goOn, saveWhenDue } from './progress/progress.ts';
import { Stopwatch } from './progress/stopwatch.ts';
import { cosineToTenth, pauseBetweenSteps } from './step-control.ts';
import { DivergedError, type Interval } from './types.ts';

/** Writes the improved policy as a complete model folder. */
export async function trainKto(options: TrainKtoOptions): Promise<KtoReport> {
  const stopwatch = new Stopwatch();
  const { config, policyDir, referenceDir = policyDir, seed } = options;
  const pause = pauseBetweenSteps(options);
  const tokenizer = await Tokenizer.fromFolder(policyDir);
  const model = await CausalLm.fromFolder(policyDir);
  try {
    // 1. Outputs in tokens, each with a mismatched one beside it.
    const { nPositions, eosTokenId, bosTokenId } = model.config;
    const limits = { maxTokens: Math.min(config.maxTokens, nPositions), eosTokenId, bosTokenId };
    const train = prepareThumbs(tokenizer, options.examples, limits, new Random(seed));
    const heldOut = prepareThumbs(tokenizer, options.heldOut, limits, new Random(seed));
    if (train.thumbs.length === 0) {
      throw new Error('There is nothing to learn from: nobody called an output good or bad.');
    }

    // 2. What the reference thinks of every text, once: it does not change.
    const anchored = await anchorThumbs(referenceDir, [...train.thumbs, ...heldOut.thumbs], pause);
    const thumbs = anchored.slice(0, train.thumbs.length);

    // 3. One pass (or more) in shuffled order.
    const sides = sideWeights(thumbs, config);
    const run = { model, thumbs, sides, stopwatch, pause };
    const { steps, finalLoss } = await optimise(run, options);
    refuseBrokenWeights(model, steps);
    await refuseLastLook(model, anchored.filter(({ isDesirable }) => isDesirable).slice(-LAST_LOOK_OUTPUTS), {
      steps,
      pause,
    });

    // 4. On which side of the baseline it puts outputs of prompts it never saw.
    const heldOutAccuracy = await accuracyOn(model, anchored.slice(thumbs.length), options, pause);

    // 5. A complete folder.
    await writeModelFolder(options.outDir, {
      config: model.config,
      tensors: model.hostTensors(),
      tokenizerJson: tokenizer.json,
      tokenizerConfigJson: tokenizer.configJson,
      trainedFrom: policyDir,
    });
    const desirable = thumbs.filter(({ isDesirable }) => isDesirable).length;
    return {
      heldOutAccuracy,
      steps,
      seconds: stopwatch.seconds,
      desirable,
      undesirable: thumbs.length - desirable,
      heldOutExamples: heldOut.thumbs.length,
      sideWeights: { ...sides },
      skippedExamples: train.skipped + heldOut.skipped,
      truncatedExamples: train.truncated + heldOut.truncated,
      finalLoss,
    };
  } finally {
    model.dispose();
  }
}

/** log π of every output, and of every mismatched output: NaN where an example has none. */
async function logProbsOf(
  model: CausalLm,
  thumbs: readonly PreparedThumb[],
  pause: () => Promise<void>,
): Promise<{ outputs: number[]; mismatched: number[] }> {
  const strangers = thumbs.flatMap(({ mismatched }): OutputSequence[] => (mismatched ? [mismatched] : []));
  const sequences = [...thumbs.map(({ output }) => output), ...strangers];
  const logProbs = await scoreSequences(model, sequences, pause);
  let next = thumbs.length;
  return {
    outputs: logProbs.slice(0, thumbs.length),
    mismatched: thumbs.map(({ mismatched }) => (mismatched ? (logProbs[next++] ?? NaN) : NaN)),
  };
}

async function anchorThumbs(
  referenceDir: string,
  thumbs: readonly PreparedThumb[],
  pause: () => Promise<void>,
): Promise<AnchoredThumb[]> {
  const reference = await CausalLm.fromFolder(referenceDir);
  try {
    const { outputs, mismatched } = await logProbsOf(reference, thumbs, pause);
    return thumbs.map((thumb, i) => ({
      ...thumb,
      refLogProb: outputs[i] ?? NaN,
      refMismatched: thumb.mismatched ? (mismatched[i] ?? NaN) : 0,
    }));
  } finally {
    reference.dispose();
  }
}

interface KtoRun {
  readonly model: CausalLm;
  readonly thumbs: readonly AnchoredThumb[];
  readonly sides: SideWeights;
  readonly stopwatch: Stopwatch;
  readonly pause: () => Promise<void>;
}

async function optimise(
  { model, thumbs, sides, stopwatch, pause }: KtoRun,
  { config, seed, onMetrics, progress }: TrainKtoOptions,
): Promise<{ steps: number; finalLoss: number }> {
  const random = new Random(seed);
  const order = new ShuffledItems(thumbs, random);
  const { weightDecay, maxGradNorm, loss, beta } = config;
  const params = [...model.params.values()];
  const optimizer = new AdamW(params, { weightDecay, maxGradNorm });
  const training = new KtoTraining(model, optimizer, { loss, beta }, sides);
  const totalSteps = Math.ceil(thumbs.length / config.batchSize) * config.epochs;
  const warmupSteps = Math.round(config.warmupFraction * totalSteps);
  let finalLoss = NaN;
  const parts = {
    policy: weightsPart(params),
    adam: optimizerPart(optimizer, params),
    random: randomPart(random),
    order: orderPart(order),
    stopwatch: stopwatch.part,
    loss: valuePart(z.number(), { read: () => finalLoss, place: (saved) => (finalLoss = saved) }),
  };
  try {
    let step = goOn(progress, await findSaved(progress), parts);
    while (step < totalSteps) {
      await pause();
      const learningRate = config.learningRate * cosineToTenth(step, totalSteps, warmupSteps);
      const batch = order.nextOfPass(config.batchSize);
      const { loss: value = NaN, ...values } = training.step(batch, learningRate);
      step += 1;
      if (!Number.isFinite(value) || !Number.isFinite(values['grad_norm'])) {
        throw new DivergedError(
          `The loss of the policy was not a number at step ${step}: lower its learning rate.`,
          step,
        );
      }
      const good = batch.flatMap(({ isDesirable, output }) => (isDesirable ? [output.outputIds.length] : []));
      refuseRunawayStep(values, good, { beta, step });
      finalLoss = value;
      onMetrics?.(step, totalSteps, { loss: value, ...values, learning_rate: learningRate });
      await saveWhenDue(progress, step, parts);
    }
  } finally {
    training.dispose();
    optimizer.dispose();
  }
  return { steps: totalSteps, finalLoss };
}

/** @throws DivergedError where the policy has given up good outputs */
async function refuseLastLook(
  model: CausalLm,
  good: readonly AnchoredThumb[],
  { steps, pause }: { steps: number; pause: () => Promise<void> },
): Promise<void> {
  const outputs = good.map(({ output }) => output);
  const logProbs = await scoreSequences(model, outputs, pause);
  const held = good.map(({ refLogProb, output }, i) => {
    return { logProb: logProbs[i] ?? NaN, refLogProb, tokens: output.outputIds.length };
  });
  refuseLastUpdate(held, steps);
}

/** An output exactly on the baseline is on neither side, and counts as wrong. */
async function accuracyOn(
  model: CausalLm,
  thumbs: readonly AnchoredThumb[],
  { config, seed }: TrainKtoOptions,
  pause: () => Promise<void>,
): Promise<Interval | null> {
  const { outputs, mismatched } = await logProbsOf(model, thumbs, pause);
  const drifts = thumbs.flatMap((thumb, i) =>
    thumb.mismatched ? [(mismatched[i] ?? NaN) - thumb.refMismatched] : [],
  );
  const baseline = config.loss === 'kto' && drifts.length > 0 ? referenceKlBaseline(drifts) : 0;
  const prompts = new Map<string, { successes: number; trials: number }>();
  thumbs.forEach(({ promptText, isDesirable, refLogProb }, i) => {
    const prompt = prompts.get(promptText) ?? { successes: 0, trials: 0 };
    const lead = (outputs[i] ?? NaN) - refLogProb - baseline;
    prompt.successes += (isDesirable ? lead : -lead) > 0 ? 1 : 0;
    prompt.trials += 1;
    prompts.set(promptText, prompt);
  });
  return shareWithInterval([...prompts.values()], seed);
}
