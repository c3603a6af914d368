// Trains a reward model, or an ensemble of several, on judgements (Ouyang et al. 2022, section 3.5; Coste et al. 2024).

import { confidenceOf } from '../evaluation/confidence.ts';
import { calibrationBins, pairAccuracy } from '../evaluation/pair-accuracy.ts';
import { ensembleScores, type ScoreScale } from './reward/aggregate.ts';
import { putWeights, readWeights } from './progress/parts.ts';
import { findSaved, restoreParts } from './progress/progress.ts';
import { Stopwatch } from './progress/stopwatch.ts';
import { memberSeed } from './reward/bootstrap.ts';
import { writeMember } from './reward/ensemble-files.ts';
import { finishedPart, type FinishedMember } from './reward/finished-members.ts';
import { preferencesOf, ratedPreferencesOf, ratingError } from './reward/held-out.ts';
import { drawFromBase, normalisationOf } from './reward/measure-base.ts';
import { prepareExamples } from './reward/prepare.ts';
import { ratingScale } from './reward/rating-step.ts';
import type { EnsembleKey } from './reward/reward-key.ts';
import { trainMember } from './reward/train-member.ts';
import { RewardModel } from './reward-model.ts';
import { pauseBetweenSteps } from './step-control.ts';
import type { RewardReport, TrainRewardModelOptions } from './types.ts';

/** Writes a complete model folder with the head and its normalisation, and reports how well it predicts people. */
export async function trainRewardModel(options: TrainRewardModelOptions): Promise<RewardReport> {
  const stopwatch = new Stopwatch();
  const { config, seed, progress } = options;
  const pause = pauseBetweenSteps(options);
  const [members, heads] = config.ensemble === 'members' ? [config.members, 1] : [1, config.members];

  // 1. The base model with fresh scalar heads.
  const freshModel = async (member: number) => {
    const model = await RewardModel.fromBase(options.base, memberSeed(seed, member), heads);
    model.maxTokens = config.maxTokens;
    model.isLogOdds = config.objective !== 'regression';
    return model;
  };
  const model = await freshModel(0);
  try {
    // 2. Judgements as what the objective learns, texts as tokens.
    const train = prepareExamples(model, options.examples, config);
    const heldOut = prepareExamples(model, options.heldOut, config);
    if (train.prompts.length === 0) throw new Error(nothingToLearn(config));

    // 3. One pass (or more) in shuffled order; of an ensemble, each member after the other.
    const heldOutRows = heldOut.prompts.flatMap(({ rows }) => rows);
    let baseRows: number[][] | undefined;
    const finished: FinishedMember[] = [];
    const beside = { finished: finishedPart(finished, model.params), stopwatch: stopwatch.part };
    const saved = await findSaved(progress);
    const refusal = saved && restoreParts(saved, beside);
    if (saved === null || refusal !== null) progress?.begin(0, refusal ?? undefined);
    const firstUnfinished = finished.length;
    for (let member = 0; member < members; member++) {
      const current = member === 0 ? model : await freshModel(member);
      try {
        const earlier = finished[member];
        if (earlier === undefined) {
          const isUnderWay = refusal === null && member === firstUnfinished;
          const run = { model: current, prompts: train.prompts, member, members, beside, pause };
          const course = await trainMember({ ...run, saved: isUnderWay ? saved : null }, options);
          const heldOut = await current.scoreRowsByHead(heldOutRows, pause);
          baseRows ??= await drawFromBase(current, options);
          const base = await current.scoreRowsByHead(baseRows, pause);
          const weights = members > 1 && progress ? readWeights(current.params) : [];
          finished.push({ ...course, heldOut, base, weights });
        } else putWeights(current.params, earlier.weights);
        if (member > 0) await writeMember(options.outDir, member + 1, current.hostTensors());
      } finally {
        if (member > 0) current.dispose();
      }
    }
    const raw = {
      heldOut: finished.flatMap(({ heldOut }) => heldOut),
      base: finished.flatMap(({ base }) => base),
    };
    const course = {
      steps: finished.reduce((sum, { steps }) => sum + steps, 0),
      finalLoss: finished.at(-1)?.finalLoss ?? NaN,
    };

    // 4. Scores of the base's own outputs become mean 0 and deviation 1, member by member.
    const normalisations = raw.base.map(normalisationOf);
    model.normalisation = normalisations[0] ?? model.normalisation;
    const ensemble = config.members === 1 ? undefined : ensembleOf(config, normalisations, raw.base);
    const heldOutScores = (scale: ScoreScale) =>
      // One model's order is that of its raw scores, and their differences are its log-odds.
      ensemble === undefined ? (raw.heldOut[0] ?? []) : ensembleScores(raw.heldOut, ensemble, scale);

    // 5. How often it agrees with people on prompts it never saw.
    const normalised = heldOutScores('normalised');
    const preferences = preferencesOf(heldOut.prompts, normalised);
    const heldOutAccuracy = pairAccuracy(preferences, seed);
    // Ratings order outputs too, where people ranked none.
    const ratedAccuracy = pairAccuracy(ratedPreferencesOf(heldOut.prompts, normalised), seed);
    const heldOutRatingError = model.isLogOdds
      ? null
      : ratingError(heldOut.prompts, meanOver(raw.heldOut), ratingScale(train.prompts));
    model.confidence = confidenceOf(heldOutAccuracy ?? ratedAccuracy, heldOutRatingError);

    // 6. A complete folder.
    await model.write(options.outDir, options.base, ensemble);
    for (const [k, head] of model.furtherHeads.entries())
      await writeMember(options.outDir, k + 2, head.hostTensors());
    return {
      heldOutAccuracy,
      confidence: model.confidence,
      // σ of a difference between predicted ratings is no probability.
      calibration: model.isLogOdds
        ? calibrationBins(preferencesOf(heldOut.prompts, heldOutScores('log-odds')))
        : [],
      normalisation: model.normalisation,
      ...course,
      seconds: stopwatch.seconds,
      trainPrompts: train.prompts.length,
      trainJudgements: train.judgements,
      trainPairs: train.pairs,
      heldOutPairs: preferences.length,
      skippedJudgements: train.skipped + heldOut.skipped,
      truncatedTexts: train.truncated + heldOut.truncated,
      ...(ensemble && {
        members: normalisations.map((normalisation, k) => ({
          heldOutAccuracy: pairAccuracy(preferencesOf(heldOut.prompts, raw.heldOut[k] ?? []), seed),
          normalisation,
        })),
      }),
      ...(!model.isLogOdds && { heldOutRatingError }),
    };
  } finally {
    model.dispose();
  }
}

function nothingToLearn({ objective }: TrainRewardModelOptions['config']): string {
  return objective === 'regression'
    ? 'There is nothing to learn from: no judgement rates an output.'
    : 'There is nothing to learn from: no judgement prefers one output over another.';
}

function ensembleOf(
  config: TrainRewardModelOptions['config'],
  members: EnsembleKey['members'],
  rawOfBase: readonly (readonly number[])[],
): EnsembleKey {
  const { ensemble: kind, aggregation, varianceWeight } = config;
  const unshifted = { aggregation, varianceWeight, members, offset: { normalised: 0, logOdds: 0 } };
  const meanOf = (scale: ScoreScale) => normalisationOf(ensembleScores(rawOfBase, unshifted, scale)).mean;
  return { ...unshifted, kind, offset: { normalised: meanOf('normalised'), logOdds: meanOf('log-odds') } };
}

/** [member][row] -> [row] */
function meanOver(raw: readonly (readonly number[])[]): number[] {
  return (raw[0] ?? []).map((_, i) => raw.reduce((sum, scores) => sum + (scores[i] ?? NaN), 0) / raw.length);
}
