// Learning from people's scores of fresh samples, without a reward model: importance-weighted, clipped policy gradients
// on outputs that earlier policies drew, held to the reference.
//
//   L = Σ_n w_n [ max(-A ρ_n, -A clip(ρ_n, 1 - ε, 1 + ε)) + β/2 (log π(a_n) - log π_ref(a_n))² ]
//
// with ρ_n = π(a_n) / π_old(a_n) against the policy that drew the sample, A = score - baseline, and w_n the sample's weight
// over all tokens. The second term is k2, whose gradient on fresh samples is that of KL(π ‖ π_ref).

import { z } from 'zod';
import { CausalLm } from '../models/causal-lm.ts';
import { Tokenizer } from '../tokenizers/tokenizer.ts';
import { writeModelFolder } from '../weights/model-folder.ts';
import { behaviourLogProbs, logProbsOf, staleness } from './online/behaviour.ts';
import { offPolicyMean } from './online/off-policy-estimate.ts';
import { passOver } from './online/pass-over.ts';
import { prepareSamples, type ScoredSample } from './online/prepare.ts';
import { scoreAdvantages } from './online/score-baseline.ts';
import type { OffPolicyEstimate, OnlineReport, TrainOnlineOptions } from './online/types.ts';
import { evaluateTokens, LanguageModelActor } from './ppo/actor-critic.ts';
import { refuseBrokenWeights } from './ppo/improve.ts';
import { average } from './ppo/statistics.ts';
import { Stopwatch } from './progress/stopwatch.ts';
import { Figure, Units } from './progress/units.ts';
import type { GradientExperience } from './reinforce/advantages.ts';
import { refuseUnlearning } from './sft/refuse-unlearning.ts';
import { pauseBetweenSteps } from './step-control.ts';

/** Outputs that are read after the last update, and how far those that people liked may fall: nats per token. */
const LAST_LOOK_OUTPUTS = 16;
const LIKED_FALL_LIMIT = 1;

/** A sample with what the policies thought of it before training. */
interface FreshSample extends ScoredSample {
  readonly oldLogProbs: readonly number[];
  readonly startLogProbs: readonly number[];
}

/** Writes the improved policy as a complete model folder. */
export async function trainOnline(options: TrainOnlineOptions): Promise<OnlineReport> {
  const stopwatch = new Stopwatch();
  const { config, policyDir } = options;
  const pause = pauseBetweenSteps(options);
  const tokenizer = await Tokenizer.fromFolder(policyDir);
  const model = await CausalLm.fromFolder(policyDir);
  const actor = new LanguageModelActor(model, config.temperature);
  try {
    const units = await Units.begin({ ...options, parts: {}, stopwatch });
    const work = { actor, tokenizer, pause, units };

    // 1. Samples that can be learned from: complete, and drawn by a policy near this one.
    const train = await freshSamples(options.examples, options, work);
    const heldOut = await freshSamples(options.heldOut ?? [], options, work);
    if (train.fresh.length === 0) throw new Error(nothingLeft(options.examples.length, train));

    // 2. What each is worth beside others, and what the reference thinks of it.
    const experience = await toExperience(train.fresh, options, work);

    // 3. Passes of clipped updates.
    const { steps, passes, final } = await passOver(experience, options, work);
    refuseBrokenWeights(model, steps);
    await refuseLastLook(train.fresh, { config, steps }, work);

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
      seconds: stopwatch.seconds,
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
  readonly units: Units;
}

/** [sample][token] */
const LogProbs = z.array(z.array(Figure));
const Behaviour = z.object({
  logProbs: LogProbs,
  recomputed: z.number().int(),
  samplerGap: Figure.nullable(),
});

async function freshSamples(
  examples: TrainOnlineOptions['examples'],
  { config, behaviours = {} }: TrainOnlineOptions,
  { actor, tokenizer, pause, units }: Work,
) {
  const model = { tokenizer, config: actor.model.config };
  const { samples, unusable } = prepareSamples(examples, model);
  const forward = { chunkEpisodes: config.batchSamples, pause };
  const { logProbs, ...gap } = await units.once(Behaviour, () =>
    behaviourLogProbs(samples, behaviours, { ...forward, temperature: config.temperature }),
  );
  const startLogProbs = await units.once(LogProbs, () => evaluateTokens(samples, actor.evaluate, forward));
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
  { pause, units }: Work,
): Promise<GradientExperience[]> {
  const { temperature, batchSamples: chunkEpisodes } = config;
  const refLogProbs =
    referenceDir === policyDir
      ? fresh.map(({ startLogProbs }) => startLogProbs)
      : await units.once(LogProbs, () =>
          logProbsOf(referenceDir, fresh, { temperature, chunkEpisodes, pause }),
        );
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

/** Outputs that people liked may fall with those beside them, but not be given up. @throws DivergedError */
async function refuseLastLook(
  fresh: readonly FreshSample[],
  { config, steps }: { config: TrainOnlineOptions['config']; steps: number },
  { actor, pause }: Work,
): Promise<void> {
  const advantages = scoreAdvantages(fresh, config.baseline);
  const liked = fresh.filter((_, i) => (advantages[i] ?? NaN) > 0).slice(0, LAST_LOOK_OUTPUTS);
  if (liked.length === 0) return;
  const forward = { chunkEpisodes: config.batchSamples, pause };
  const now = await evaluateTokens(liked, actor.evaluate, forward);
  const loss = (logProbs: readonly (readonly number[])[]) =>
    -sum(logProbs.map(sum)) / sum(logProbs.map(({ length }) => length));
  const before = loss(liked.map(({ startLogProbs }) => startLogProbs));
  refuseUnlearning({ before, after: loss(now) }, steps, LIKED_FALL_LIMIT);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

async function estimate(
  heldOut: readonly FreshSample[],
  chunkEpisodes: number,
  { actor, pause }: Work,
): Promise<OffPolicyEstimate | null> {
  if (heldOut.length === 0) return null;
  const after = await evaluateTokens(heldOut, actor.evaluate, { chunkEpisodes, pause });
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
