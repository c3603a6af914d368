// PPO on a language model against a reward model, with a KL penalty to the reference (Ziegler et al. 2019;
// Ouyang et al. 2022). Defaults and where implementations disagree: packages/contracts/src/recipes.ts and README.md.

import type { PpoConfig } from '@rankloop/contracts';
import { completionText, encodePrompt } from '../data/encode.ts';
import { AdamW } from '../engine/optimizer.ts';
import { Random } from '../engine/random.ts';
import { CausalLm } from '../models/causal-lm.ts';
import { AdaptiveKl, fixedKl, type KlController } from '../returns/kl-controller.ts';
import { sampleCompletions, type SampledIds } from '../sampling/sample.ts';
import { writeModelFolder } from '../weights/model-folder.ts';
import { evaluateTokens, LanguageModelActor, LanguageModelCritic, type Actor } from './ppo/actor-critic.ts';
import { toExperience, type ScoredEpisode } from './ppo/advantages.ts';
import { updateOnExperience } from './ppo/update.ts';
import { RewardModel } from './reward-model.ts';
import { pauseBetweenSteps } from './step-control.ts';
import {
  DivergedError,
  type LiveSample,
  type PpoReport,
  type RunPpoOptions,
  type TrainingPrompt,
} from './types.ts';

const ADAM_BETAS = { beta1: 0.9, beta2: 0.95 };
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
        settings: config,
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
      tokenizerJson: world.reward.tokenizer.json,
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

/** The four models and everything that moves between iterations. */
interface World {
  readonly policy: CausalLm;
  readonly reward: RewardModel;
  readonly actor: LanguageModelActor;
  readonly reference: Actor;
  readonly critic: LanguageModelCritic;
  readonly actorOptimizer: AdamW;
  readonly criticOptimizer: AdamW;
  readonly kl: KlController;
  readonly random: Random;
  readonly pause: () => Promise<void>;
  nextPrompts(count: number): TrainingPrompt[];
  dispose(): void;
}

async function loadWorld(options: RunPpoOptions): Promise<World> {
  const { config, seed, policyDir, referenceDir = policyDir } = options;
  const reward = await RewardModel.fromFolder(options.rewardDir);
  const policy = await CausalLm.fromFolder(policyDir);
  const referenceModel = await CausalLm.fromFolder(referenceDir);
  if (policy.config.vocabSize !== reward.trunk.config.vocabSize) {
    throw new Error('The policy and the reward model have different vocabularies.');
  }
  const actor = new LanguageModelActor(policy, config.temperature);
  const critic = LanguageModelCritic.fromRewardModel(reward);
  const adam = { ...ADAM_BETAS, maxGradNorm: config.maxGradNorm };
  const actorOptimizer = new AdamW(actor.params, adam);
  const criticOptimizer = new AdamW(critic.params, adam);
  const random = new Random(seed);
  return {
    policy,
    reward,
    actor,
    reference: new LanguageModelActor(referenceModel, config.temperature),
    critic,
    actorOptimizer,
    criticOptimizer,
    kl: klControllerOf(config),
    random,
    pause: pauseBetweenSteps(options),
    nextPrompts: endlessShuffle(options.prompts, random),
    dispose: () => {
      for (const part of [reward, policy, referenceModel, critic, actorOptimizer, criticOptimizer])
        part.dispose();
    },
  };
}

function klControllerOf(config: PpoConfig): KlController {
  if (config.klControl === 'fixed') return fixedKl(config.klCoefficient);
  return new AdaptiveKl({
    coefficient: config.klCoefficient,
    target: config.klTarget,
    horizon: config.klHorizon,
  });
}

/** Every prompt once before any comes again. */
function endlessShuffle(prompts: readonly TrainingPrompt[], random: Random) {
  let queue: TrainingPrompt[] = [];
  return (count: number): TrainingPrompt[] => {
    const next: TrainingPrompt[] = [];
    while (next.length < count) {
      if (queue.length === 0) queue = random.shuffled(prompts);
      next.push(...queue.splice(0, count - next.length));
    }
    return next;
  };
}

interface Rollout {
  readonly episodes: ScoredEpisode[];
  readonly texts: string[];
  readonly metrics: Record<string, number>;
}

async function rollOut(
  world: World,
  options: RunPpoOptions,
  prompts: readonly TrainingPrompt[],
  seed?: number,
): Promise<Rollout> {
  const { config } = options;
  const { drawn, promptIds } = await draw(world, options, prompts, seed ?? world.random.uint32());
  const texts = drawn.map((output) => completionText(world.reward.tokenizer, output));
  const bare = drawn.map(({ ids }, i) => ({ promptIds: promptIds[i] ?? [], responseIds: ids }));

  // The score is of the text as a person reads it; the penalty for being cut off is beside it.
  const scores = await world.reward.score(
    texts.map((completion, i) => ({ prompt: prompts[i]?.text ?? '', completion })),
    world.pause,
  );
  // Old log-probabilities come from the forward pass that also trains, never from the sampler.
  const forward = { chunkEpisodes: config.minibatchEpisodes, pause: world.pause };
  const oldLogProbs = await evaluateTokens(bare, (chunk) => world.actor.logProbs(chunk), forward);
  const refLogProbs = await evaluateTokens(bare, (chunk) => world.reference.logProbs(chunk), forward);
  const oldValues = await evaluateTokens(bare, (chunk) => world.critic.values(chunk), forward);

  const episodes = bare.map((episode, i) => ({
    ...episode,
    oldLogProbs: oldLogProbs[i] ?? [],
    refLogProbs: refLogProbs[i] ?? [],
    oldValues: oldValues[i] ?? [],
    score: (scores[i] ?? NaN) - (drawn[i]?.finished === 'length' ? config.missingEndPenalty : 0),
  }));
  const count = episodes.length;
  const tokens = episodes.reduce((sum, { responseIds }) => sum + responseIds.length, 0);
  const logProbSum = oldLogProbs.flat().reduce((sum, logProb) => sum + logProb, 0);
  return {
    episodes,
    texts,
    metrics: {
      'objective/entropy': -logProbSum / count,
      'val/num_eos_tokens': drawn.filter(({ finished }) => finished === 'eos').length,
      response_length: tokens / count,
      distinct_outputs: new Set(texts).size / count,
    },
  };
}

async function draw(
  world: World,
  { config, signal }: RunPpoOptions,
  prompts: readonly TrainingPrompt[],
  seed: number,
): Promise<{ drawn: SampledIds[]; promptIds: number[][] }> {
  const { nPositions, bosTokenId, eosTokenId } = world.policy.config;
  const limits = { nPositions, maxNewTokens: config.maxNewTokens, startTokenId: bosTokenId ?? eosTokenId };
  const promptIds = prompts.map(({ text }) => encodePrompt(world.reward.tokenizer, text, limits));
  const drawn = await sampleCompletions({
    model: world.policy,
    promptIds,
    maxNewTokens: config.maxNewTokens,
    temperature: config.temperature,
    seed,
    eosTokenId: eosTokenId ?? null,
    batchSize: Math.max(1, promptIds.length),
    ...(signal && { signal }),
  });
  return { drawn, promptIds };
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
