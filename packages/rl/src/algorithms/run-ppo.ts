// PPO on a language model against a reward model, with a KL penalty to the reference (Ziegler et al. 2019;
// Ouyang et al. 2022). Defaults and where implementations disagree: packages/contracts/src/recipes.ts and README.md.

import type { PpoConfig } from '@rankloop/contracts';
import type { CausalLm } from '../models/causal-lm.ts';
import { writeModelFolder } from '../weights/model-folder.ts';
import { toExperience } from './ppo/advantages.ts';
import { rollOut } from './ppo/rollout.ts';
import { updateOnExperience } from './ppo/update.ts';
import { loadWorld, type World } from './ppo/world.ts';
import { DivergedError, type LiveSample, type PpoReport, type RunPpoOptions } from './types.ts';

/** The warm-up rises from this share of the learning rate (Ouyang et al. 2022, appendix C.4). */
const WARMUP_START = 0.1;

/** Writes the improved policy as a complete model folder. */
export async function runPpo(options: RunPpoOptions): Promise<PpoReport> {
  const started = performance.now();
  const { config, prompts, onMetrics, onSamples } = options;
  if (prompts.length === 0) throw new Error('PPO needs at least one prompt.');
  const world = await loadWorld(options);
  try {
    let final: Record<string, number> = {};
    let tokens = 0;
    const showSamples = async (step: number) => {
      if (onSamples && config.samplePrompts > 0) onSamples(step, await drawLiveSamples(world, options));
    };
    await showSamples(0);
    for (let iteration = 1; iteration <= config.iterations; iteration++) {
      const iterationStarted = performance.now();

      // 1. Draw one output for each of the next prompts, score it, and take log-probabilities and values.
      const rollout = await rollOut(world, options, world.nextPrompts(config.episodesPerIteration));
      const drawnTokens = rollout.episodes.reduce((sum, { responseIds }) => sum + responseIds.length, 0);
      tokens += drawnTokens;

      // 2. Rewards with the KL penalty, advantages, returns.
      const klCoefficient = world.kl.coefficient;
      const { experience, objective } = toExperience(rollout.episodes, { ...config, klCoefficient });
      refuseDivergence(objective, config, iteration);

      // 3. Several passes of clipped updates.
      const warmup = warmupFactor(iteration, config.warmupIterations);
      const update = await updateOnExperience({
        ...world,
        experience,
        actorLearningRate: config.learningRate * warmup,
        criticLearningRate: config.criticLearningRate * warmup,
        iteration,
      });

      // 4. Steer the KL coefficient.
      world.kl.update(objective['objective/kl'], config.episodesPerIteration);

      final = {
        ...objective,
        ...update,
        ...rollout.metrics,
        'objective/kl_coefficient': klCoefficient,
        learning_rate: config.learningRate * warmup,
        tokens_per_second: (1000 * drawnTokens) / (performance.now() - iterationStarted),
      };
      onMetrics?.(iteration, config.iterations, final);
      if (iteration % config.sampleEvery === 0 || iteration === config.iterations)
        await showSamples(iteration);
    }
    refuseBrokenWeights(world.policy, config.iterations);
    await writeModelFolder(options.outDir, {
      config: world.policy.config,
      tensors: world.policy.hostTensors(),
      tokenizerJson: world.tokenizer.json,
      tokenizerConfigJson: world.tokenizer.configJson,
      trainedFrom: options.policyDir,
    });
    const seconds = (performance.now() - started) / 1000;
    return {
      iterations: config.iterations,
      episodes: config.iterations * config.episodesPerIteration,
      seconds,
      tokensPerSecond: tokens / seconds,
      final,
    };
  } finally {
    world.dispose();
  }
}

/** Always the same prompts with the same seed, so that only the policy changes between steps. */
async function drawLiveSamples(world: World, options: RunPpoOptions): Promise<LiveSample[]> {
  const prompts = (options.livePrompts ?? options.prompts).slice(0, options.config.samplePrompts);
  const { episodes, texts } = await rollOut(world, options, prompts, options.seed);
  return episodes.map(({ oldLogProbs, refLogProbs, score }, i) => ({
    promptId: prompts[i]?.id ?? '',
    text: texts[i] ?? '',
    score,
    kl: oldLogProbs.reduce((sum, logProb, t) => sum + logProb - (refLogProbs[t] ?? NaN), 0),
  }));
}

function warmupFactor(iteration: number, warmupIterations: number): number {
  if (iteration > warmupIterations) return 1;
  return WARMUP_START + (1 - WARMUP_START) * ((iteration - 1) / warmupIterations);
}

function refuseDivergence(
  objective: { 'objective/kl': number; 'objective/scores': number },
  config: PpoConfig,
  iteration: number,
) {
  const { 'objective/kl': kl, 'objective/scores': score } = objective;
  if (!Number.isFinite(kl) || !Number.isFinite(score)) {
    throw new DivergedError(
      `The policy gave outputs without a finite score in iteration ${iteration}: lower the learning rate.`,
      iteration,
    );
  }
  if (kl > config.divergenceKl) {
    throw new DivergedError(
      `The policy ran ${kl.toFixed(0)} nats from the reference by iteration ${iteration} (limit ${config.divergenceKl}): raise the KL coefficient or lower the learning rate.`,
      iteration,
    );
  }
}

function refuseBrokenWeights(policy: CausalLm, iteration: number): void {
  for (const { values } of policy.hostTensors().values()) {
    if (!values.every(Number.isFinite)) {
      throw new DivergedError(
        'The last update left weights that are not numbers: lower the learning rate.',
        iteration,
      );
    }
  }
}
