import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pairsOfRanks } from '../data/pairs.ts';
import { nativeBackend } from '../engine/graph/addon.ts';
import { AdamW } from '../engine/optimizer.ts';
import { Random } from '../engine/random.ts';
import { useEngine, type EngineName } from '../engine/use-engine.ts';
import { CausalLm } from '../models/causal-lm.ts';
import type { DpoObjective } from '../losses/dpo-objective.ts';
import { testEngines } from '../testing/test-engines.ts';
import { tinyConfig, tinyTokenizer, writeTinyBase } from '../testing/tiny-world.ts';
import '../testing/to-be-all-close.ts';
import { DpoTraining } from './dpo/dpo-step.ts';
import { KtoTraining } from './kto/kto-step.ts';
import { LanguageModelActor, LanguageModelCritic } from './ppo/actor-critic.ts';
import type { Experience } from './ppo/episode.ts';
import { loadPretrainingMix } from './ppo/pretraining-mix.ts';
import { PpoUpdater } from './ppo/updater.ts';
import { PolicyGradientUpdater } from './reinforce/updater.ts';
import type { PreparedPrompt } from './reward/prepare.ts';
import { RewardTraining } from './reward/reward-step.ts';
import { RewardModel } from './reward-model.ts';
import { NextTokenTraining } from './sft/next-token-training.ts';

const STEPS = 25;
/** Of losses after up to 25 steps, where rounding has grown. */
const TOLERANCE = { atol: 2e-4, rtol: 2e-4 };

let base: string;
beforeAll(async () => {
  await useEngine({ prefer: 'wasm' });
  base = await writeTinyBase();
});

const disposals: (() => void)[] = [];
afterEach(() => {
  for (const dispose of disposals.splice(0)) dispose();
});

interface Training {
  step(index: number): number[];
}

async function rewardTraining(): Promise<Training> {
  const model = await RewardModel.fromBase(base, 1);
  const optimizer = new AdamW(model.params, { maxGradNorm: 1, weightDecay: 0.01 });
  const training = new RewardTraining(model, optimizer, 0.01);
  disposals.push(() => {
    model.dispose();
    optimizer.dispose();
  });
  return {
    step: (index) => {
      const { loss, grad_norm, margin_mean } = training.step(promptsOf(index), 3e-3);
      return [loss, grad_norm, margin_mean];
    },
  };
}

/** Two prompts with three outputs each; other lengths on every other step. */
function promptsOf(index: number): PreparedPrompt[] {
  const random = Random.forItem(9, index % 5);
  return [0, 1].map((prompt) => ({
    promptText: String(prompt),
    rows: [0, 1, 2].map(() => tokens(random, 6 + (index % 2) * 8)),
    judgements: [{ pairs: pairsOfRanks([1, 2, prompt + 2]), weight: 1, margin: 0.1 * prompt }],
  }));
}

function tokens(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => 1 + random.below(tinyConfig.vocabSize - 1));
}

async function supervisedTraining(): Promise<Training> {
  const policy = await CausalLm.fromFolder(base);
  const training = new NextTokenTraining(policy, { weightDecay: 0.01, maxGradNorm: 1 });
  disposals.push(() => {
    training.dispose();
    policy.dispose();
  });
  return {
    step: (index) => {
      const batch = outputsOf(index).map(({ promptIds, outputIds, weight }) => ({
        ids: [...promptIds, ...outputIds],
        start: promptIds.length,
        weight,
      }));
      const { loss, grad_norm } = training.step(batch, 3e-3);
      return [loss, grad_norm];
    },
  };
}

const smoothed: DpoObjective = { loss: 'sigmoid', beta: 0.1, labelSmoothing: 0.1 };
/** All that a loss of DPO may look at: other pairs, single tokens, tails. */
const ofBatch: DpoObjective = { loss: 'aot-unpaired', beta: 0.1, added: [{ loss: 'sft', weight: 0.2 }] };

async function dpoTraining(objective: DpoObjective, tailWeight: number): Promise<Training> {
  const policy = await CausalLm.fromFolder(base);
  const optimizer = new AdamW([...policy.params.values()], { maxGradNorm: 1, weightDecay: 0.01 });
  const training = new DpoTraining(policy, optimizer, objective, tailWeight);
  disposals.push(() => {
    for (const part of [training, optimizer, policy]) part.dispose();
  });
  return {
    step: (index) => {
      const outputs = outputsOf(index);
      const pairs = outputs.map(({ promptIds, outputIds, weight }, i) => ({
        promptText: String(i),
        promptIds,
        chosenIds: outputIds,
        rejectedIds: outputIds.slice(tailWeight === 1 ? 0 : 1).toReversed(),
        weight,
        refChosen: -outputIds.length,
        refRejected: -1.1 * outputIds.length,
      }));
      const { loss, grad_norm, 'rewards/margins': margin } = training.step(pairs, 3e-3);
      return [loss, grad_norm, margin];
    },
  };
}

async function ktoTraining(): Promise<Training> {
  const policy = await CausalLm.fromFolder(base);
  const optimizer = new AdamW([...policy.params.values()], { maxGradNorm: 1, weightDecay: 0.01 });
  const objective = { loss: 'kto', beta: 0.1 } as const;
  const training = new KtoTraining(policy, optimizer, objective, { desirable: 1, undesirable: 1.3 });
  disposals.push(() => {
    for (const part of [training, optimizer, policy]) part.dispose();
  });
  return {
    step: (index) => {
      const outputs = outputsOf(index);
      const thumbs = outputs.map((output, i) => ({
        promptText: String(i),
        output,
        // One output has no stranger to be measured by.
        mismatched: i === 0 ? null : { ...output, outputIds: outputs[i - 1]?.outputIds ?? [] },
        isDesirable: i % 2 === 0,
        weight: output.weight,
        refLogProb: -output.outputIds.length,
        refMismatched: i === 0 ? 0 : -(outputs[i - 1]?.outputIds.length ?? 0),
      }));
      const { loss = NaN, grad_norm = NaN, kl = NaN } = training.step(thumbs, 3e-3);
      return [loss, grad_norm, kl];
    },
  };
}

/** Three outputs of other lengths on every step of five. */
function outputsOf(index: number) {
  const random = Random.forItem(11, index % 5);
  return [1, 2, 1].map((weight, i) => ({
    promptIds: tokens(random, 2 + i),
    outputIds: tokens(random, 3 + i + (index % 2) * 6),
    weight,
  }));
}

async function ppoTraining(): Promise<Training> {
  const policy = await CausalLm.fromFolder(base);
  const actor = new LanguageModelActor(policy, 0.9);
  const reward = await RewardModel.fromBase(base, 2);
  const critic = LanguageModelCritic.fromRewardModel(reward);
  reward.dispose();
  const [actorOptimizer, criticOptimizer] = [actor, critic].map(
    ({ params }) => new AdamW(params, { beta2: 0.95, maxGradNorm: 1 }),
  );
  if (actorOptimizer === undefined || criticOptimizer === undefined) throw new Error('two networks');
  const settings = {
    innerEpochs: 1,
    minibatchEpisodes: 4,
    clipRange: 0.2,
    valueClipRange: 0.2,
    maxRatio: 1.5,
    stopUpdateKl: 1,
  };
  const updater = new PpoUpdater({ actor, critic, actorOptimizer, criticOptimizer, settings });
  disposals.push(() => {
    for (const part of [actor, critic, policy, actorOptimizer, criticOptimizer]) part.dispose();
  });
  const start = new Random(4);
  const minibatches = Array.from({ length: 3 }, (_, i) => experienceOf(start, i, actor));
  return {
    step: (index) => {
      const rates = { actorLearningRate: 1e-3, criticLearningRate: 1e-3, iteration: index };
      const metrics = updater.update(minibatches[index % 3] ?? [], rates);
      return [
        metrics.policyLoss,
        metrics.valueLoss,
        metrics.ratio,
        metrics.policyGradNorm,
        metrics.valueGradNorm,
      ];
    },
  };
}

function experienceOf(random: Random, index: number, actor: LanguageModelActor): Experience[] {
  const numbers = (count: number) => Array.from({ length: count }, () => random.normal());
  return Array.from({ length: 4 }, (_, i) => {
    const episode = {
      promptIds: tinyTokenizer.encode('ab:'),
      responseIds: tokens(random, 3 + i + index),
    };
    const count = episode.responseIds.length;
    return {
      ...episode,
      oldLogProbs: Array.from(actor.evaluate([episode])).slice(0, count),
      oldValues: numbers(count),
      advantages: numbers(count),
      returns: numbers(count),
    };
  });
}

/** With a corpus beside, a ratio of whole outputs and a KL in the loss: all inputs that an update can have. */
async function gradientTraining(): Promise<Training> {
  const policy = await CausalLm.fromFolder(base);
  const actor = new LanguageModelActor(policy, 0.9);
  const actorOptimizer = new AdamW(actor.params, { beta2: 0.95, maxGradNorm: 1 });
  const corpus = Array.from({ length: 12 }, () => 'zyzyzyzyzyzyzyzy');
  const mixSettings = { ptxCoefficient: 0.5, ptxWindows: 3, ptxWindowTokens: 16 };
  const world = { actor, tokenizer: tinyTokenizer };
  const updater = new PolicyGradientUpdater({
    actor,
    actorOptimizer,
    objective: {
      surrogate: 'clipped',
      ratio: 'sequence-mean',
      clipRange: 0.2,
      clipRangeHigh: 0.3,
      klInLoss: 'k3',
    },
    aggregation: 'outputs',
    maxTokens: 8,
    maxRatio: 1.5,
    mix: loadPretrainingMix({ config: mixSettings, corpus, seed: 1 }, world),
  });
  disposals.push(() => {
    for (const part of [actor, policy, actorOptimizer]) part.dispose();
  });
  const start = new Random(4);
  const minibatches = Array.from({ length: 3 }, (_, i) =>
    experienceOf(start, i, actor).map((one, b) => ({
      ...one,
      refLogProbs: one.oldLogProbs.map((logProb) => logProb - 0.1 * b),
      weight: 1 + b,
    })),
  );
  return {
    step: (index) => {
      const rates = { learningRate: 1e-3, criticLearningRate: 0, klCoefficient: 0.1, iteration: index };
      const metrics = updater.update(minibatches[index % 3] ?? [], rates);
      const { policyLoss, ptxLoss, ratio, lossKl, policyGradNorm } = metrics;
      return [policyLoss, ptxLoss ?? NaN, ratio, lossKl ?? NaN, policyGradNorm];
    },
  };
}

interface Run {
  /** Every number of every step. */
  readonly trace: number[];
  /** Tensors and native handles, two steps before the end and at the end. */
  readonly held: readonly (readonly (number | undefined)[])[];
}

async function runOn(engine: EngineName, start: () => Promise<Training>): Promise<Run> {
  await useEngine({ prefer: engine });
  const training = await start();
  const steps = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => training.step(from + i)).flat();
  const count = () => [tf.memory().numTensors, nativeBackend()?.binding.getNumOfTensors()];
  const most = steps(0, STEPS - 2);
  const before = count();
  const last = steps(STEPS - 2, STEPS);
  return { trace: [...most, ...last], held: [before, count()] };
}

describe.each([
  ['supervised training', supervisedTraining],
  ['reward training', rewardTraining],
  ['DPO', () => dpoTraining(smoothed, 1)],
  ['DPO with a loss of the batch', () => dpoTraining(ofBatch, 0.5)],
  ['KTO', ktoTraining],
  ['PPO', ppoTraining],
  ['policy gradients with a corpus', gradientTraining],
] as const)('%s', (_, start) => {
  let onWasm: Run;
  beforeAll(async () => {
    onWasm = await runOn('wasm', start);
  });

  it('holds as many tensors and handles after a step as before it on wasm', () => {
    expect(onWasm.held[1]).toEqual(onWasm.held[0]);
  });

  it.each(testEngines.filter((engine) => engine !== 'wasm'))(
    'gives the same losses on %s as on wasm over 25 steps, to 2e-4, and holds no more tensors after a step than before it',
    async (engine) => {
      const { trace, held } = await runOn(engine, start);
      expect(trace).toBeAllClose(onWasm.trace, TOLERANCE);
      expect(held[1]).toEqual(held[0]);
    },
  );
});
