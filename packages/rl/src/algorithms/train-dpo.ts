// Direct preference optimisation (Rafailov et al. 2023): trains a policy on judgements without a reward model.

import type { DpoConfig } from '@rankloop/contracts';
import { z } from 'zod';
import { ShuffledItems } from '../data/shuffled-items.ts';
import { AdamW } from '../engine/optimizer.ts';
import { Random } from '../engine/random.ts';
import { pairAccuracy } from '../evaluation/pair-accuracy.ts';
import { assertObjective, type DpoObjective } from '../losses/dpo-objective.ts';
import { CausalLm } from '../models/causal-lm.ts';
import { Tokenizer } from '../tokenizers/tokenizer.ts';
import { writeModelFolder } from '../weights/model-folder.ts';
import { anchorPairs, anchorsPart } from './dpo/anchors.ts';
import { DpoTraining, type AnchoredPair } from './dpo/dpo-step.ts';
import { objectiveOf } from './dpo/objective-of.ts';
import { scoreSequences, sequencesOf } from './dpo/output-log-probs.ts';
import { encodePairs, preparePairs, type PairLimits, type PreparedPairs } from './dpo/pairs.ts';
import { LAST_LOOK_OUTPUTS, refuseLastUpdate, refuseRunawayStep } from './dpo/refuse-runaway.ts';
import type { DpoReport, DpoRunOptions, TrainDpoOnPairsOptions, TrainDpoOptions } from './dpo/types.ts';
import { refuseBrokenWeights } from './ppo/improve.ts';
import { optimizerPart, orderPart, randomPart, valuePart, weightsPart } from './progress/parts.ts';
import { findSaved, goOn, saveWhenDue, type SavedState } from './progress/progress.ts';
import { Stopwatch } from './progress/stopwatch.ts';
import { cosineToTenth, pauseBetweenSteps } from './step-control.ts';
import { DivergedError, type Interval } from './types.ts';

/** Learns the pairs that people's judgements order. Writes the improved policy as a complete model folder. */
export async function trainDpo(options: TrainDpoOptions): Promise<DpoReport> {
  return trainOn(options, (tokenizer, limits) => ({
    train: preparePairs(tokenizer, options.examples, limits),
    heldOut: preparePairs(tokenizer, options.heldOut, limits),
  }));
}

/** The same on pairs that are given as texts, as those that a reward model ranked (RSO). */
export async function trainDpoOnPairs(options: TrainDpoOnPairsOptions): Promise<DpoReport> {
  return trainOn(options, (tokenizer, limits) => ({
    train: encodePairs(tokenizer, options.pairs, limits),
    heldOut: encodePairs(tokenizer, options.heldOut, limits),
  }));
}

type PreparePairs = (tokenizer: Tokenizer, limits: PairLimits) => Record<'train' | 'heldOut', PreparedPairs>;

async function trainOn(options: DpoRunOptions, prepare: PreparePairs): Promise<DpoReport> {
  const stopwatch = new Stopwatch();
  const { config, policyDir, referenceDir = policyDir } = options;
  const pause = pauseBetweenSteps(options);
  const objective = objectiveOf(config);
  assertObjective(objective);

  const tokenizer = await Tokenizer.fromFolder(policyDir);
  const model = await CausalLm.fromFolder(policyDir);
  try {
    // 1. Pairs of outputs in tokens.
    const { nPositions, eosTokenId, bosTokenId } = model.config;
    const limits = { maxTokens: Math.min(config.maxTokens, nPositions), eosTokenId, bosTokenId };
    const { train, heldOut } = prepare(tokenizer, limits);
    if (train.pairs.length === 0) {
      throw new Error('There is nothing to learn from: no judgement prefers one output over another.');
    }

    // 2. What the reference thinks of every output, once: it does not change.
    const saved = await findSaved(options.progress);
    const pairs = [...train.pairs, ...heldOut.pairs];
    const { tailWeight } = config;
    const anchored = await anchorPairs({ referenceDir, pairs, tailWeight, pause, saved });
    const trainPairs = anchored.slice(0, train.pairs.length);
    const heldOutPairs = anchored.slice(train.pairs.length);

    // 3. One pass (or more) in shuffled order.
    const run = { model, objective, anchored, pairs: trainPairs, saved, stopwatch, pause };
    const { steps, finalLoss } = await optimise(run, options);
    refuseBrokenWeights(model, steps);

    // 4. How often the policy's own reward agrees with people on prompts it never saw.
    const isMeasured = heldOutPairs.length > 0;
    const measured = isMeasured ? heldOutPairs : trainPairs.slice(0, LAST_LOOK_OUTPUTS);
    const logProbs = await scoreSequences(model, sequencesOf(measured, tailWeight), pause);
    const preferred = measured.map(({ refChosen, chosenIds }, i) => {
      return {
        logProb: logProbs[i] ?? NaN,
        refLogProb: refChosen,
        tokens: tokensThatCount(chosenIds, config),
      };
    });
    refuseLastUpdate(preferred, steps);
    const heldOutAccuracy = isMeasured ? accuracyOf(logProbs, measured, options.seed) : null;

    // 5. A complete folder.
    await writeModelFolder(options.outDir, {
      config: model.config,
      tensors: model.hostTensors(),
      tokenizerJson: tokenizer.json,
      tokenizerConfigJson: tokenizer.configJson,
      trainedFrom: policyDir,
    });
    return {
      heldOutAccuracy,
      steps,
      seconds: stopwatch.seconds,
      trainPairs: trainPairs.length,
      heldOutPairs: heldOutPairs.length,
      skippedJudgements: train.skippedJudgements + heldOut.skippedJudgements,
      truncatedPairs: train.truncatedPairs + heldOut.truncatedPairs,
      finalLoss,
    };
  } finally {
    model.dispose();
  }
}

interface DpoRun {
  readonly model: CausalLm;
  readonly objective: DpoObjective;
  /** Those to learn and those held out. */
  readonly anchored: readonly AnchoredPair[];
  /** Those to learn. */
  readonly pairs: readonly AnchoredPair[];
  readonly saved: SavedState | null;
  readonly stopwatch: Stopwatch;
  readonly pause: () => Promise<void>;
}

async function optimise(
  { model, objective, anchored, pairs, saved, stopwatch, pause }: DpoRun,
  { config, seed, onMetrics, progress }: DpoRunOptions,
): Promise<{ steps: number; finalLoss: number }> {
  const random = new Random(seed);
  const order = new ShuffledItems(pairs, random);
  const { weightDecay, maxGradNorm } = config;
  const params = [...model.params.values()];
  const optimizer = new AdamW(params, { weightDecay, maxGradNorm });
  const training = new DpoTraining(model, optimizer, objective, config.tailWeight);
  const totalSteps = Math.ceil(pairs.length / config.batchPairs) * config.epochs;
  const warmupSteps = Math.round(config.warmupFraction * totalSteps);
  let finalLoss = NaN;
  const parts = {
    policy: weightsPart(params),
    adam: optimizerPart(optimizer, params),
    random: randomPart(random),
    order: orderPart(order),
    reference: anchorsPart(anchored),
    stopwatch: stopwatch.part,
    loss: valuePart(z.number(), { read: () => finalLoss, place: (loss) => (finalLoss = loss) }),
  };
  try {
    let step = goOn(progress, saved, parts);
    while (step < totalSteps) {
      await pause();
      const learningRate = config.learningRate * cosineToTenth(step, totalSteps, warmupSteps);
      const batch = order.nextOfPass(config.batchPairs);
      const values = training.step(batch, learningRate);
      step += 1;
      if (!Number.isFinite(values.loss) || !Number.isFinite(values.grad_norm)) {
        throw new DivergedError(
          `The loss of the policy was not a number at step ${step}: lower its learning rate.`,
          step,
        );
      }
      const tokens = batch.map(({ chosenIds }) => tokensThatCount(chosenIds, config));
      refuseRunawayStep(values, tokens, { beta: objective.beta, step });
      finalLoss = values.loss;
      onMetrics?.(step, totalSteps, { ...values, learning_rate: learningRate });
      await saveWhenDue(progress, step, parts);
    }
  } finally {
    training.dispose();
    optimizer.dispose();
  }
  return { steps: totalSteps, finalLoss };
}

/** `apo-down` means to lower the preferred outputs, so that only the limit of whole outputs holds there. */
function tokensThatCount({ length }: readonly number[], { loss }: Pick<DpoConfig, 'loss'>): number {
  return loss === 'apo-down' ? Infinity : length;
}

/** @param logProbs log π of the preferred outputs, then of the others */
function accuracyOf(
  logProbs: readonly number[],
  pairs: readonly AnchoredPair[],
  seed: number,
): Interval | null {
  const preferences = pairs.map(({ promptText, refChosen, refRejected }, p) => ({
    promptText,
    better: (logProbs[p] ?? NaN) - refChosen,
    worse: (logProbs[p + pairs.length] ?? NaN) - refRejected,
  }));
  return pairAccuracy(preferences, seed);
}
