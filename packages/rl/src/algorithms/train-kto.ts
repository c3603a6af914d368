// KTO (Ethayarajh et al. 2024): trains a policy on single outputs that people called good or bad.

import { AdamW } from '../engine/optimizer.ts';
import { Random } from '../engine/random.ts';
import { shareWithInterval } from '../evaluation/bootstrap.ts';
import { CausalLm } from '../models/causal-lm.ts';
import { referenceKlBaseline } from '../reference/kto-loss.ts';
import { Tokenizer } from '../tokenizers/tokenizer.ts';
import { writeModelFolder } from '../weights/model-folder.ts';
import { scoreSequences, type OutputSequence } from './dpo/output-log-probs.ts';
import { KtoTraining, type AnchoredThumb } from './kto/kto-step.ts';
import { prepareThumbs, type PreparedThumb } from './kto/prepare.ts';
import { sideWeights, type SideWeights } from './kto/side-weights.ts';
import type { KtoReport, TrainKtoOptions } from './kto/types.ts';
import { cosineToTenth, pauseBetweenSteps } from './step-control.ts';
import { DivergedError, type Interval } from './types.ts';

/** Writes the improved policy as a complete model folder. */
export async function trainKto(options: TrainKtoOptions): Promise<KtoReport> {
  const started = performance.now();
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
    const { steps, finalLoss } = await optimise(model, thumbs, sides, options, pause);

    // 4. On which side of the baseline it puts outputs of prompts it never saw.
    const heldOutAccuracy = await accuracyOn(model, anchored.slice(thumbs.length), options, pause);

    // 5. A complete folder.
    const tensors = model.hostTensors();
    if (![...tensors.values()].every(({ values }) => values.every(Number.isFinite))) {
      throw new DivergedError(
        'The last update left weights that are not numbers: lower the learning rate.',
        steps,
      );
    }
    await writeModelFolder(options.outDir, {
      config: model.config,
      tensors,
      tokenizerJson: tokenizer.json,
      tokenizerConfigJson: tokenizer.configJson,
      trainedFrom: policyDir,
    });
    const desirable = thumbs.filter(({ isDesirable }) => isDesirable).length;
    return {
      heldOutAccuracy,
      steps,
      seconds: (performance.now() - started) / 1000,
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

async function optimise(
  model: CausalLm,
  thumbs: readonly AnchoredThumb[],
  sides: SideWeights,
  { config, seed, onMetrics }: TrainKtoOptions,
  pause: () => Promise<void>,
): Promise<{ steps: number; finalLoss: number }> {
  const random = new Random(seed);
  const { weightDecay, maxGradNorm, loss, beta } = config;
  const optimizer = new AdamW([...model.params.values()], { weightDecay, maxGradNorm });
  const training = new KtoTraining(model, optimizer, { loss, beta }, sides);
  const totalSteps = Math.ceil(thumbs.length / config.batchSize) * config.epochs;
  const warmupSteps = Math.round(config.warmupFraction * totalSteps);
  let step = 0;
  let finalLoss = NaN;
  try {
    for (let epoch = 0; epoch < config.epochs; epoch++) {
      const shuffled = random.shuffled(thumbs);
      for (let start = 0; start < shuffled.length; start += config.batchSize) {
        await pause();
        const learningRate = config.learningRate * cosineToTenth(step, totalSteps, warmupSteps);
        const { loss: value = NaN, ...values } = training.step(
          shuffled.slice(start, start + config.batchSize),
          learningRate,
        );
        step += 1;
        if (!Number.isFinite(value) || !Number.isFinite(values['grad_norm'])) {
          throw new DivergedError(
            `The loss of the policy was not a number at step ${step}: lower its learning rate.`,
            step,
          );
        }
        finalLoss = value;
        onMetrics?.(step, totalSteps, { loss: value, ...values, learning_rate: learningRate });
      }
    }
  } finally {
    training.dispose();
    optimizer.dispose();
  }
  return { steps: step, finalLoss };
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
