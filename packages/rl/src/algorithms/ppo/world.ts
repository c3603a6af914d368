// What PPO holds while it runs: four models, two optimisers, the KL controller and the order of the prompts.

import { isDeepStrictEqual } from 'node:util';
import type { PpoConfig } from '@rankloop/contracts';
import { AdamW } from '../../engine/optimizer.ts';
import { Random } from '../../engine/random.ts';
import { CausalLm } from '../../models/causal-lm.ts';
import { AdaptiveKl, fixedKl, type KlController } from '../../returns/kl-controller.ts';
import { Tokenizer } from '../../tokenizers/tokenizer.ts';
import { RewardModel } from '../reward-model.ts';
import { pauseBetweenSteps } from '../step-control.ts';
import type { RunPpoOptions, TrainingPrompt } from '../types.ts';
import { LanguageModelActor, LanguageModelCritic } from './actor-critic.ts';
import { PpoUpdater } from './updater.ts';

const ADAM_BETAS = { beta1: 0.9, beta2: 0.95 };

/** The four models and everything that moves between iterations. */
export interface World {
  readonly policy: CausalLm;
  readonly tokenizer: Tokenizer;
  readonly reward: RewardModel;
  /** What a normalised score counts: the confidence in the reward model, or 1. */
  readonly scoreWeight: number;
  readonly actor: LanguageModelActor;
  readonly reference: LanguageModelActor;
  readonly critic: LanguageModelCritic;
  readonly updater: PpoUpdater;
  readonly kl: KlController;
  readonly random: Random;
  readonly pause: () => Promise<void>;
  nextPrompts(count: number): TrainingPrompt[];
  dispose(): void;
}

export async function loadWorld(options: RunPpoOptions): Promise<World> {
  const { config, seed, policyDir, referenceDir = policyDir } = options;
  const tokenizer = await Tokenizer.fromFolder(policyDir);
  const reward = await RewardModel.fromFolder(options.rewardDir);
  if (!isDeepStrictEqual(tokenizer.json, reward.tokenizer.json)) {
    reward.dispose();
    // The critic starts from the reward model and reads the policy's tokens.
    throw new Error(
      'The policy and the reward model have different tokenizers: train a reward model from this policy.',
    );
  }
  const policy = await CausalLm.fromFolder(policyDir);
  const referenceModel = await CausalLm.fromFolder(referenceDir);
  const actor = new LanguageModelActor(policy, config.temperature);
  const scoreWeight = config.weighByConfidence ? reward.confidence : 1;
  const critic = LanguageModelCritic.fromRewardModel(reward, scoreWeight);
  const adam = { ...ADAM_BETAS, maxGradNorm: config.maxGradNorm };
  const actorOptimizer = new AdamW(actor.params, adam);
  const criticOptimizer = new AdamW(critic.params, adam);
  const updater = new PpoUpdater({ actor, critic, actorOptimizer, criticOptimizer, settings: config });
  const reference = new LanguageModelActor(referenceModel, config.temperature);
  const random = new Random(seed);
  return {
    policy,
    tokenizer,
    reward,
    scoreWeight,
    actor,
    reference,
    critic,
    updater,
    kl: klControllerOf(config),
    random,
    pause: pauseBetweenSteps(options),
    nextPrompts: endlessShuffle(options.prompts, random),
    dispose: () => {
      for (const part of [
        actor,
        reference,
        reward,
        policy,
        referenceModel,
        critic,
        actorOptimizer,
        criticOptimizer,
      ])
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
