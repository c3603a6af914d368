// Trains a reward model on judgements (Ouyang et al. 2022, section 3.5).

import { AdamW } from '../engine/optimizer.ts';
import { Random } from '../engine/random.ts';
import { confidenceOf } from '../evaluation/confidence.ts';
import { calibrationBins, pairAccuracy, type ScoredPreference } from '../evaluation/pair-accuracy.ts';
import { measureBase } from './reward/measure-base.ts';
import { prepareExamples, type PreparedPrompt } from './reward/prepare.ts';
import { RewardTraining } from './reward/reward-step.ts';
import { RewardModel } from './reward-model.ts';
import { cosineToTenth, pauseBetweenSteps } from './step-control.ts';
import { DivergedError, type RewardReport, type TrainRewardModelOptions } from './types.ts';

const ADAM_BETAS = { beta1: 0.9, beta2: 0.95 };

/** Writes a complete model folder with the head and its normalisation, and reports how well it predicts people. */
export async function trainRewardModel(options: TrainRewardModelOptions): Promise<RewardReport> {
  const started = performance.now();
  const { config, seed } = options;
  const pause = pauseBetweenSteps(options);

  // 1. The base model with a fresh scalar head.
  const model = await RewardModel.fromBase(options.base, seed);
  model.maxTokens = config.maxTokens;
  try {
    // 2. Judgements as ordered pairs, texts as tokens.
    const train = prepareExamples(model, options.examples, config);
    const heldOut = prepareExamples(model, options.heldOut, config);
    if (train.prompts.length === 0) {
      throw new Error('There is nothing to learn from: no judgement prefers one output over another.');
    }

    // 3. One pass (or more) in shuffled order.
    const { steps, finalLoss } = await optimise(model, train.prompts, options, pause);

    // 4. How often it agrees with people on prompts it never saw.
    const preferences = await scorePreferences(model, heldOut.prompts, pause);
    const heldOutAccuracy = pairAccuracy(preferences, seed);
    model.confidence = confidenceOf(heldOutAccuracy);

    // 5. Scores of the base's own outputs become mean 0 and deviation 1.
    model.normalisation = await measureBase(model, options, pause);

    // 6. A complete folder.
    await model.write(options.outDir, options.base);
    return {
      heldOutAccuracy,
      confidence: model.confidence,
      calibration: calibrationBins(preferences),
      normalisation: model.normalisation,
      steps,
      seconds: (performance.now() - started) / 1000,
      trainPrompts: train.prompts.length,
      trainJudgements: train.judgements,
      trainPairs: train.pairs,
      heldOutPairs: preferences.length,
      skippedJudgements: train.skipped + heldOut.skipped,
      truncatedTexts: train.truncated + heldOut.truncated,
      finalLoss,
    };
  } finally {
    model.dispose();
  }
}

async function optimise(
  model: RewardModel,
  prompts: readonly PreparedPrompt[],
  options: TrainRewardModelOptions,
  pause: () => Promise<void>,
): Promise<{ steps: number; finalLoss: number }> {
  const { config, seed, onMetrics } = options;
  const random = new Random(seed);
  const optimizer = new AdamW(model.params, {
    ...ADAM_BETAS,
    weightDecay: config.weightDecay,
    maxGradNorm: config.maxGradNorm,
  });
  const stepsPerEpoch = Math.ceil(prompts.length / config.batchPrompts);
  const totalSteps = stepsPerEpoch * config.epochs;
  const warmupSteps = Math.round(config.warmupFraction * totalSteps);
  const training = new RewardTraining(model, optimizer, config.centering);
  let step = 0;
  let finalLoss = NaN;
  try {
    for (let epoch = 0; epoch < config.epochs; epoch++) {
      const shuffled = random.shuffled(prompts);
      for (let start = 0; start < shuffled.length; start += config.batchPrompts) {
        await pause();
        const learningRate = config.learningRate * cosineToTenth(step, totalSteps, warmupSteps);
        const batch = shuffled.slice(start, start + config.batchPrompts);
        const values = training.step(batch, learningRate);
        step += 1;
        if (!Number.isFinite(values.loss) || !Number.isFinite(values.grad_norm)) {
          throw new DivergedError(
            `The loss of the reward model was not a number at step ${step}: lower its learning rate.`,
            step,
          );
        }
        finalLoss = values.loss;
        onMetrics?.(step, totalSteps, { ...values, learning_rate: learningRate });
      }
    }
  } finally {
    optimizer.dispose();
  }
  return { steps: step, finalLoss };
}

async function scorePreferences(
  model: RewardModel,
  prompts: readonly PreparedPrompt[],
  pause: () => Promise<void>,
): Promise<ScoredPreference[]> {
  const scores = await model.scoreRows(
    prompts.flatMap(({ rows }) => rows),
    pause,
  );
  let offset = 0;
  return prompts.flatMap(({ promptText, rows, judgements }) => {
    const first = offset;
    offset += rows.length;
    // A soft tie says nothing about which is better.
    const strict = judgements.flatMap(({ pairs }) => pairs.filter(({ share }) => share === 1));
    return strict.map(({ better, worse }) => ({
      promptText,
      better: scores[first + better] ?? NaN,
      worse: scores[first + worse] ?? NaN,
    }));
  });
}
