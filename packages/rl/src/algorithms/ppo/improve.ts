// The frame of every recipe that improves a policy on its own draws: iterations, live outputs, the KL coefficient, what
// ends a run, and the folder at its end. What an iteration does is the recipe's own.

import { z } from 'zod';
import type { CausalLm } from '../../models/causal-lm.ts';
import { writeModelFolder } from '../../weights/model-folder.ts';
import { valuePart } from '../progress/parts.ts';
import { findSaved, goOn, saveWhenDue } from '../progress/progress.ts';
import { DivergedError, type LiveSample, type PolicyRunOptions, type PpoReport } from '../types.ts';
import type { ObjectiveMetrics } from './advantages.ts';
import type { PolicyWorld, WorldSettings } from './policy-world.ts';
import { rollOut, type Rollout } from './rollout.ts';

/** The warm-up rises from this share of the learning rate (Ouyang et al. 2022, appendix C.4). */
const WARMUP_START = 0.1;
const LAST_LOOK_PROMPTS = 8;
/** Scores have mean 0 and deviation 1 over outputs of the base: further away, the reward model itself is broken. */
const MAX_SCORE = 1e4;

export interface IterationSettings extends WorldSettings {
  readonly iterations: number;
  readonly learningRate: number;
  readonly warmupIterations: number;
  readonly divergenceKl: number;
  readonly sampleEvery: number;
  readonly samplePrompts: number;
}

export interface Iteration {
  readonly number: number;
  /** What the learning rates are multiplied with. */
  readonly warmup: number;
  readonly klCoefficient: number;
}

export interface IterationResult {
  readonly rollout: Rollout;
  readonly objective: ObjectiveMetrics;
  /** Of the update. */
  readonly metrics: Record<string, number>;
}

/** Runs all iterations and writes the improved policy as a complete model folder. The world stays the caller's. */
export async function improvePolicy(
  world: PolicyWorld,
  options: PolicyRunOptions & { readonly config: IterationSettings },
  iterate: (iteration: Iteration) => Promise<IterationResult>,
): Promise<PpoReport> {
  const { config, onMetrics, onSamples, progress } = options;
  let course: Course = { tokens: 0, episodes: 0, final: {} };
  const parts = {
    ...world.parts,
    course: valuePart(Course, { read: () => finiteOnly(course), place: (saved) => (course = saved) }),
  };
  const showSamples = async (step: number) => {
    if (onSamples && config.samplePrompts > 0) onSamples(step, await drawLiveSamples(world, options));
  };
  const done = goOn(progress, await findSaved(progress), parts);
  if (done === 0) await showSamples(0);
  for (let number = done + 1; number <= config.iterations; number++) {
    const iterationStarted = performance.now();
    const warmup = warmupFactor(number, config.warmupIterations);
    const klCoefficient = world.kl.coefficient;
    const { rollout, objective, metrics } = await iterate({ number, warmup, klCoefficient });
    const drawnTokens = rollout.episodes.reduce((sum, { responseIds }) => sum + responseIds.length, 0);
    world.kl.update(objective['objective/kl'], rollout.episodes.length);
    const final = {
      ...objective,
      ...metrics,
      ...rollout.metrics,
      'objective/kl_coefficient': klCoefficient,
      learning_rate: config.learningRate * warmup,
      tokens_per_second: (1000 * drawnTokens) / (performance.now() - iterationStarted),
    };
    course = {
      tokens: course.tokens + drawnTokens,
      episodes: course.episodes + rollout.episodes.length,
      final,
    };
    onMetrics?.(number, config.iterations, final);
    if (number % config.sampleEvery === 0 || number === config.iterations) await showSamples(number);
    await saveWhenDue(progress, number, parts);
  }
  refuseBrokenWeights(world.policy, config.iterations);
  await refuseLastUpdate(world, options);
  await writeModelFolder(options.outDir, {
    config: world.policy.config,
    tensors: world.policy.hostTensors(),
    tokenizerJson: world.tokenizer.json,
    tokenizerConfigJson: world.tokenizer.configJson,
    trainedFrom: options.policyDir,
  });
  const { seconds } = world.stopwatch;
  const { episodes, tokens, final } = course;
  return { iterations: config.iterations, episodes, seconds, tokensPerSecond: tokens / seconds, final };
}

/** What was counted so far. */
const Course = z.object({
  tokens: z.number(),
  episodes: z.number(),
  /** The last iteration's metrics. */
  final: z.record(z.string(), z.number()),
});
type Course = z.infer<typeof Course>;

/** JSON has no NaN. */
function finiteOnly(course: Course): Course {
  const known = Object.entries(course.final).filter(([, value]) => Number.isFinite(value));
  return { ...course, final: Object.fromEntries(known) };
}

/** Always the same prompts with the same seed, so that only the policy changes between steps. */
async function drawLiveSamples(
  world: PolicyWorld,
  options: PolicyRunOptions & { readonly config: IterationSettings },
): Promise<LiveSample[]> {
  const prompts = (options.livePrompts ?? options.prompts).slice(0, options.config.samplePrompts);
  const { episodes, texts } = await rollOut(world, options, prompts, options.seed);
  return episodes.map((episode, i) => ({
    promptId: prompts[i]?.id ?? '',
    text: texts[i] ?? '',
    tokens: episode.oldLogProbs.length,
    score: episode.score,
    kl: klOf(episode),
  }));
}

/**
 * Looks at what the last update made of the policy, which no iteration has drawn from.
 *
 * @throws DivergedError
 */
async function refuseLastUpdate(
  world: PolicyWorld,
  options: PolicyRunOptions & { readonly config: IterationSettings },
): Promise<void> {
  const { livePrompts = [], prompts, config, seed } = options;
  const shown = (livePrompts.length > 0 ? livePrompts : prompts).slice(0, LAST_LOOK_PROMPTS);
  const { episodes } = await rollOut(world, options, shown, seed);
  const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const last = {
    'objective/kl': meanOf(episodes.map(klOf)),
    'objective/scores': meanOf(episodes.map(({ score }) => score)),
  };
  refuseDivergence(last, config, config.iterations);
}

/** log π(y) − log π_ref(y) of an output y that was drawn from π, in nats. */
function klOf({ oldLogProbs, refLogProbs }: Rollout['episodes'][number]): number {
  return oldLogProbs.reduce((sum, logProb, t) => sum + logProb - (refLogProbs[t] ?? NaN), 0);
}

function warmupFactor(iteration: number, warmupIterations: number): number {
  if (iteration > warmupIterations) return 1;
  return WARMUP_START + (1 - WARMUP_START) * ((iteration - 1) / warmupIterations);
}

/** @throws DivergedError before an update is made of what can no longer be learned from */
export function refuseDivergence(
  objective: Pick<ObjectiveMetrics, 'objective/kl' | 'objective/scores'>,
  { divergenceKl }: { readonly divergenceKl: number },
  iteration: number,
): void {
  const { 'objective/kl': kl, 'objective/scores': score } = objective;
  if (!Number.isFinite(kl) || !Number.isFinite(score)) {
    throw new DivergedError(
      `The policy gave outputs without a finite score in iteration ${iteration}: lower the learning rate.`,
      iteration,
    );
  }
  if (Math.abs(score) > MAX_SCORE) {
    throw new DivergedError(
      `The mean score was ${score.toExponential(0)} in iteration ${iteration}, and the base's outputs have deviation 1: the reward model is broken. Train it again.`,
      iteration,
    );
  }
  if (kl > divergenceKl) {
    throw new DivergedError(
      `The policy ran ${kl.toFixed(0)} nats from the reference by iteration ${iteration} (limit ${divergenceKl}): raise the KL coefficient or lower the learning rate.`,
      iteration,
    );
  }
}

/** @throws DivergedError */
export function refuseBrokenWeights(policy: CausalLm, step: number): void {
  for (const { values } of policy.hostTensors().values()) {
    if (!values.every(Number.isFinite)) {
      throw new DivergedError(
        'The last update left weights that are not numbers: lower the learning rate.',
        step,
      );
    }
  }
}
