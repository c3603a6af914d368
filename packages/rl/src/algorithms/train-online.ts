// Learning from people's scores of fresh samples, without a reward model: importance-weighted, clipped policy gradients
// on outputs that earlier policies drew, held to the reference.
//
//   L = Σ_n w_n [ max(-A ρ_n, -A clip(ρ_n, 1 - ε, 1 + ε)) + β/2 (log π(a_n) - log π_ref(a_n))² ]
//
// with ρ_n = π(a_n) / π_old(a_n) against the policy that drew the sample, A = score - baseline, and w_n the sample's weight
// over all tokens. The second term is k2, whose gradient on fresh samples is that of KL(π ‖ π_ref).

import { AdamW } from '../engine/optimizer.ts';
import { Random } from '../engine/random.ts';
import { CausalLm } from '../models/causal-lm.ts';
import { Tokenizer } from '../tokenizers/tokenizer.ts';
import { writeModelFolder } from '../weights/model-folder.ts';
import { behaviourLogProbs, logProbsOf, staleness } from './online/behaviour.ts';
import { offPolicyMean } from './online/off-policy-estimate.ts';
import { prepareSamples, type ScoredSample } from './online/prepare.ts';
import { scoreAdvantages } from './online/score-baseline.ts';
import type { OffPolicyEstimate, OnlineReport, TrainOnlineOptions } from './online/types.ts';
import { evaluateTokens, LanguageModelActor } from './ppo/actor-critic.ts';
import { refuseBrokenWeights } from './ppo/improve.ts';
import { runPasses } from './ppo/passes.ts';
import { average } from './ppo/statistics.ts';
import { ADAM_BETAS } from './ppo/world.ts';
import type { GradientExperience } from './reinforce/advantages.ts';
import { updateMetrics } from './reinforce/run-policy-gradient.ts';
import { PolicyGradientUpdater } from './reinforce/updater.ts';
import { cosineToTenth, pauseBetweenSteps } from './step-control.ts';

/** Clipping and the refusal of stale samples bound what an update can do. */
const NO_LIMIT = 1e30;

/** A sample with what the policies thought of it before training. */
interface FreshSample extends ScoredSample {
  readonly oldLogProbs: readonly number[];
  readonly startLogProbs: readonly number[];
}

/** Writes the improved policy as a complete model folder. */
export async function trainOnline(options: TrainOnlineOptions): Promise<OnlineReport> {
  const started = performance.now();
  const { config, policyDir } = options;
  const pause = pauseBetweenSteps(options);
  const tokenizer = await Tokenizer.fromFolder(policyDir);
  const model = await CausalLm.fromFolder(policyDir);
  const actor = new LanguageModelActor(model, config.temperature);
  const work = { actor, tokenizer, pause };
  try {
    // 1. Samples that can be learned from: complete, and drawn by a policy near this one.
    const train = await freshSamples(options.examples, options, work);
    const heldOut = await freshSamples(options.heldOut ?? [], options, work);
    if (train.fresh.length === 0) throw new Error(nothingLeft(options.examples.length, train));

    // 2. What each is worth beside others, and what the reference thinks of it.
    const experience = await toExperience(train.fresh, options, work);

    // 3. Passes of clipped updates.
    const { steps, passes, final } = await optimise(experience, options, work);
    refuseBrokenWeights(model, steps);

    // 4. What held-out scores let expect.
    const heldOutScore = await estimate(heldOut.fresh, config.batchSamples, work);

    await writeModelFolder(options.outDir, {
      config: model.config,
      tensors: model.hostTensors(),
      tokenizerJson: tokenizer.json,
      tokenizerConfigJson: tokenizer.configJson,
      trainedFrom: policyDir,
    });
    return {
      samples: options.examples.length,
      used: train.fresh.length,
      refusedStale: train.stale,
      refusedUnusable: train.unusable,
      recomputed: train.recomputed,
      samplerGap: train.samplerGap,
      meanScore: average(train.fresh, ({ score }) => score),
      steps,
      passes,
      seconds: (performance.now() - started) / 1000,
      heldOutScore,
      final,
    };
  } finally {
    actor.dispose();
    model.dispose();
  }
}

interface Work {
  readonly actor: LanguageModelActor;
  readonly tokenizer: Tokenizer;
  readonly pause: () => Promise<void>;
}

async function freshSamples(
  examples: TrainOnlineOptions['examples'],
  { config, behaviours = {} }: TrainOnlineOptions,
  { actor, tokenizer, pause }: Work,
) {
  const model = { tokenizer, config: actor.model.config };
  const { samples, unusable } = prepareSamples(examples, model);
  const forward = { chunkEpisodes: config.batchSamples, pause };
  const { logProbs, ...gap } = await behaviourLogProbs(samples, behaviours, {
    ...forward,
    temperature: config.temperature,
  });
  const startLogProbs = await evaluateTokens(samples, actor.evaluate, forward);
  const fresh = samples.flatMap((sample, i): FreshSample[] => {
    const [old = [], now = []] = [logProbs[i], startLogProbs[i]];
    const isStale = staleness(now, old, config.staleMeasure) > config.staleRatio;
    return isStale ? [] : [{ ...sample, oldLogProbs: old, startLogProbs: now }];
  });
  return { fresh, stale: samples.length - fresh.length, unusable, ...gap };
}

async function toExperience(
  fresh: readonly FreshSample[],
  { config, policyDir, referenceDir = policyDir }: TrainOnlineOptions,
  { pause }: Work,
): Promise<GradientExperience[]> {
  const { temperature, batchSamples: chunkEpisodes } = config;
  const refLogProbs =
    referenceDir === policyDir
      ? fresh.map(({ startLogProbs }) => startLogProbs)
      : await logProbsOf(referenceDir, fresh, { temperature, chunkEpisodes, pause });
  const advantages = scoreAdvantages(fresh, config.baseline);
  return fresh.map(({ promptIds, responseIds, oldLogProbs, weight }, i) => ({
    promptIds,
    responseIds,
    oldLogProbs,
    refLogProbs: refLogProbs[i] ?? [],
    advantages: responseIds.map(() => advantages[i] ?? NaN),
    oldValues: [],
    returns: [],
    weight,
  }));
}

async function optimise(
  experience: readonly GradientExperience[],
  { config, seed, onMetrics }: TrainOnlineOptions,
  { actor, pause }: Work,
) {
  const actorOptimizer = new AdamW(actor.params, { ...ADAM_BETAS, maxGradNorm: config.maxGradNorm });
  const { clipRange } = config;
  const updater = new PolicyGradientUpdater({
    actor,
    actorOptimizer,
    objective: { surrogate: 'clipped', ratio: 'token', clipRange, clipRangeHigh: clipRange, klInLoss: 'k2' },
    aggregation: 'tokens',
    maxTokens: 1,
    maxRatio: NO_LIMIT,
  });
  const totalSteps = Math.ceil(experience.length / config.batchSamples) * config.epochs;
  const warmupSteps = Math.round(config.warmupFraction * totalSteps);
  let steps = 0;
  let final: Record<string, number> = {};
  try {
    const { passes } = await runPasses({
      experience,
      settings: {
        innerEpochs: config.epochs,
        minibatchEpisodes: config.batchSamples,
        stopUpdateKl: config.stopUpdateKl,
      },
      random: new Random(seed),
      pause,
      update: (minibatch) => {
        const learningRate = config.learningRate * cosineToTenth(steps, totalSteps, warmupSteps);
        steps += 1;
        const metrics = updater.update(minibatch, {
          learningRate,
          criticLearningRate: 0,
          klCoefficient: config.klCoefficient,
          iteration: steps,
        });
        final = { ...updateMetrics([metrics], minibatch), learning_rate: learningRate };
        onMetrics?.(steps, totalSteps, final);
        return metrics;
      },
    });
    return { steps, passes, final };
  } finally {
    actorOptimizer.dispose();
  }
}

async function estimate(
  heldOut: readonly FreshSample[],
  chunkEpisodes: number,
  { actor, pause }: Work,
): Promise<OffPolicyEstimate | null> {
  if (heldOut.length === 0) return null;
  const after = await evaluateTokens(heldOut, actor.evaluate, { chunkEpisodes, pause });
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const estimateOf = (logProbs: (index: number) => readonly number[]) =>
    offPolicyMean(
      heldOut.map(({ score, weight, oldLogProbs }, i) => ({
        score,
        weight,
        logRatio: sum(logProbs(i)) - sum(oldLogProbs),
      })),
    );
  const { mean, effectiveSamples } = estimateOf((i) => after[i] ?? []);
  const before = estimateOf((i) => heldOut[i]?.startLogProbs ?? []).mean;
  return { before, after: mean, effectiveSamples, samples: heldOut.length };
}

function nothingLeft(samples: number, { stale, unusable }: { stale: number; unusable: number }): string {
  const unread = unusable > 0 ? `, ${unusable} lack what learning needs` : '';
  return `None of ${samples} scored outputs can be learned from: ${stale} of them were drawn by a policy too far from this one${unread}. Draw outputs from this policy and have them scored, or raise the largest ratio of a sample.`;
}
