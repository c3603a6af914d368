// Trains a reward model on judgements (Ouyang et al. 2022, section 3.5).

import * as tf from '@tensorflow/tfjs-core';
import type { RewardConfig } from '@rankloop/contracts';
import { SamplingConfig } from '@rankloop/contracts';
import { pairsOfRanks, weighPairs } from '../data/pairs.ts';
import { completionText, encodePrompt } from '../data/encode.ts';
import { AdamW } from '../engine/optimizer.ts';
import { Random } from '../engine/random.ts';
import { CausalLm } from '../models/causal-lm.ts';
import { calibrationBins, pairAccuracy, type ScoredPreference } from '../evaluation/pair-accuracy.ts';
import { pairLoss, type ScorePair } from '../losses/pair-loss.ts';
import { momentsOf } from '../returns/whiten.ts';
import { sampleCompletions } from '../sampling/sample.ts';
import { RewardModel, type Normalisation } from './reward-model.ts';
import { cosineToTenth, pauseBetweenSteps } from './step-control.ts';
import {
  DivergedError,
  type PreferenceExample,
  type RewardReport,
  type TrainRewardModelOptions,
} from './types.ts';

const ADAM_BETAS = { beta1: 0.9, beta2: 0.95 };

/** Writes a complete model folder with the head and its normalisation, and reports how well it predicts people. */
export async function trainRewardModel(options: TrainRewardModelOptions): Promise<RewardReport> {
  const started = performance.now();
  const { config, seed } = options;
  const pause = pauseBetweenSteps(options);

  // 1. The base model with a fresh scalar head.
  const model = await RewardModel.fromBase(options.base, seed);
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

    // 5. Scores of the base's own outputs become mean 0 and deviation 1.
    model.normalisation = await measureBase(model, options, pause);

    // 6. A complete folder.
    await model.write(options.outDir);
    return {
      heldOutAccuracy: pairAccuracy(preferences, seed),
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

/** One batch element: a prompt with the outputs that any of its judgements compares. */
export interface PreparedPrompt {
  readonly promptText: string;
  /** Encoded prompt + output, one per output that occurs in a pair. */
  readonly rows: readonly (readonly number[])[];
  /** Indices are into `rows`. */
  readonly judgements: readonly PreparedJudgement[];
}

interface PreparedJudgement {
  readonly pairs: readonly { better: number; worse: number; share: number }[];
  readonly weight: number;
  readonly margin: number;
}

function prepareExamples(model: RewardModel, examples: readonly PreferenceExample[], config: RewardConfig) {
  const counts = { judgements: 0, pairs: 0, skipped: 0, truncated: 0 };
  const prompts: PreparedPrompt[] = [];
  for (const { promptText, completions, judgements } of examples) {
    const rowOf = new Map<number, number>();
    const rows: number[][] = [];
    const row = (completion: number): number => {
      const known = rowOf.get(completion);
      if (known !== undefined) return known;
      const text = { prompt: promptText, completion: completions[completion] ?? '' };
      const { ids, isTruncated } = model.encode(text, config.maxTokens);
      if (isTruncated) counts.truncated += 1;
      rowOf.set(completion, rows.length);
      return rows.push(ids) - 1;
    };
    const prepared: PreparedJudgement[] = [];
    for (const { ranks, weight, strength } of judgements) {
      if (ranks.length !== completions.length) {
        throw new Error(`A judgement has ${ranks.length} ranks for ${completions.length} outputs.`);
      }
      const pairs = pairsOfRanks(ranks, config.ties);
      if (pairs.length === 0 || weight <= 0) {
        counts.skipped += 1;
        continue;
      }
      counts.judgements += 1;
      counts.pairs += pairs.length;
      prepared.push({
        pairs: pairs.map(({ better, worse, share }) => ({ better: row(better), worse: row(worse), share })),
        weight,
        margin: config.marginScale * Math.abs(strength ?? 0),
      });
    }
    if (prepared.length > 0) prompts.push({ promptText, rows, judgements: prepared });
  }
  return { prompts, ...counts };
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
  let step = 0;
  let finalLoss = NaN;
  try {
    for (let epoch = 0; epoch < config.epochs; epoch++) {
      const shuffled = random.shuffled(prompts);
      for (let start = 0; start < shuffled.length; start += config.batchPrompts) {
        await pause();
        const learningRate = config.learningRate * cosineToTenth(step, totalSteps, warmupSteps);
        const batch = shuffled.slice(start, start + config.batchPrompts);
        const values = rewardStep(model, optimizer, batch, { learningRate, centering: config.centering });
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

/** Metrics of one update, under the names that TRL logs. */
type RewardStepMetrics = Record<'loss' | 'accuracy' | 'margin_mean' | 'grad_norm', number>;

/** One update on one batch of prompts; all their outputs go through the model once, together. */
export function rewardStep(
  model: RewardModel,
  optimizer: AdamW,
  batch: readonly PreparedPrompt[],
  { learningRate, centering = 0 }: { learningRate: number; centering?: number },
): RewardStepMetrics {
  const rows: (readonly number[])[] = [];
  const judgements = batch.flatMap((prompt) => {
    const offset = rows.length;
    rows.push(...prompt.rows);
    return prompt.judgements.map((judgement) => ({
      ...judgement,
      pairs: judgement.pairs.map((pair) => ({
        ...pair,
        better: pair.better + offset,
        worse: pair.worse + offset,
      })),
    }));
  });
  const pairs = weighPairs(judgements);
  let scores: number[] = [];
  const { value, grads } = tf.variableGrads(() => {
    const raw = model.rawScores(rows);
    scores = Array.from(raw.dataSync());
    return pairLoss(raw, pairs, centering);
  }, model.params);
  const loss = value.dataSync()[0] ?? NaN;
  const { gradNorm } = optimizer.step(grads, learningRate);
  value.dispose();
  for (const grad of Object.values(grads)) grad.dispose();
  return { loss, ...pairStatistics(scores, pairs), grad_norm: gradNorm };
}

function pairStatistics(scores: readonly number[], pairs: readonly ScorePair[]) {
  const gaps = pairs.map(({ better, worse }) => (scores[better] ?? NaN) - (scores[worse] ?? NaN));
  return {
    accuracy: gaps.filter((gap) => gap > 0).length / gaps.length,
    margin_mean: gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length,
  };
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

/** Deviations below this are one text over and over; dividing by them would make noise the reward. */
const MIN_STD = 1e-3;

/** Mean and deviation of raw scores over outputs drawn from the base (Ziegler et al. 2019, section 2.2). */
async function measureBase(
  model: RewardModel,
  options: TrainRewardModelOptions,
  pause: () => Promise<void>,
): Promise<Normalisation> {
  const { examples, config, seed, signal } = options;
  const sampling = options.sampling ?? SamplingConfig.parse({});
  const base = await CausalLm.fromFolder(options.base);
  try {
    const { nPositions, bosTokenId, eosTokenId } = base.config;
    const maxNewTokens = Math.min(sampling.maxNewTokens, Math.max(1, Math.floor((nPositions * 3) / 4)));
    const limits = { nPositions, maxNewTokens, startTokenId: bosTokenId ?? eosTokenId };
    const shuffled = new Random(seed).shuffled(examples);
    const texts = Array.from({ length: config.normalisationSamples }, (_, i) => {
      return shuffled[i % shuffled.length]?.promptText ?? '';
    });
    const drawn = await sampleCompletions({
      model: base,
      promptIds: texts.map((text) => encodePrompt(model.tokenizer, text, limits)),
      maxNewTokens,
      temperature: sampling.temperature,
      topK: sampling.topK === 0 ? null : sampling.topK,
      topP: sampling.topP,
      seed,
      eosTokenId: eosTokenId ?? null,
      ...(signal && { signal }),
    });
    const rows = drawn.map((output, i) => {
      const completion = completionText(model.tokenizer, output);
      return model.encode({ prompt: texts[i] ?? '', completion }, config.maxTokens).ids;
    });
    const { mean, variance } = momentsOf(await model.scoreRows(rows, pause), 'population');
    return { mean, std: Math.max(MIN_STD, Math.sqrt(variance)) };
  } finally {
    base.dispose();
  }
}
