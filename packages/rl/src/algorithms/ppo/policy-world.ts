// What every recipe holds that improves a policy on its own draws: policy, reference and reward, the KL controller and
// the order of the prompts.

import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { ShuffledItems } from '../../data/shuffled-items.ts';
import { Random } from '../../engine/random.ts';
import { CausalLm } from '../../models/causal-lm.ts';
import { AdaptiveKl, fixedKl, type KlController } from '../../returns/kl-controller.ts';
import type { ScorePlace } from '../../returns/kl.ts';
import { Tokenizer } from '../../tokenizers/tokenizer.ts';
import { orderPart, randomPart, valuePart, weightsPart } from '../progress/parts.ts';
import type { Parts } from '../progress/progress.ts';
import { Stopwatch } from '../progress/stopwatch.ts';
import { loadRewardSource, type ByConfidence, type RewardSource } from '../reward/reward-source.ts';
import { pauseBetweenSteps } from '../step-control.ts';
import type { PolicyRunOptions, TrainingPrompt } from '../types.ts';
import { usualRollout } from '../usual-shape.ts';
import { LanguageModelActor, type LanguageModelCritic } from './actor-critic.ts';

/** What is drawn, and what is taken from a score beside the reward. */
export interface RolloutSettings {
  readonly temperature: number;
  readonly maxNewTokens: number;
  /** Episodes computed together. */
  readonly minibatchEpisodes: number;
  readonly missingEndPenalty: number;
  readonly lengthPenalty: number;
  readonly freeLength: number;
  /** See `shapeRewards`; `last-token` by default. */
  readonly scorePlace?: ScorePlace;
}

/** The settings that the world is made from. */
export interface WorldSettings extends RolloutSettings {
  readonly klCoefficient: number;
  readonly klControl: 'fixed' | 'adaptive';
  readonly klTarget: number;
  readonly klHorizon: number;
  readonly weighByConfidence: boolean;
}

export interface PolicyWorld {
  /** Since loading began. */
  readonly stopwatch: Stopwatch;
  readonly policy: CausalLm;
  readonly tokenizer: Tokenizer;
  readonly reward: RewardSource;
  /** How scores are weighed by how far their rewards may be believed. */
  readonly byConfidence: ByConfidence;
  /** What a normalised score counts on average, and so what a critic starts from. */
  readonly scoreWeight: number;
  /** What an advantage counts after scaling; 1 where scores are weighed. */
  readonly advantageWeight: number;
  readonly actor: LanguageModelActor;
  readonly reference: LanguageModelActor;
  /** Absent where nothing foresees the reward. */
  readonly critic?: LanguageModelCritic | undefined;
  readonly kl: KlController;
  readonly random: Random;
  readonly pause: () => Promise<void>;
  /** Every one once before any comes again. */
  readonly prompts: ShuffledItems<TrainingPrompt>;
  /** What of it changes while it runs. */
  readonly parts: Parts;
  dispose(): void;
}

/**
 * What the confidence in the reward multiplies. Scaling advantages to deviation 1 would cancel a factor of the scores,
 * and leave their penalties louder by it, so there it multiplies the scaled advantages.
 */
export type ConfidencePlace = 'scores' | 'advantages';

/** @throws Error if there is no reward, or one that reads other tokens than the policy */
export async function loadPolicyWorld(
  options: PolicyRunOptions & { readonly config: WorldSettings },
  confidencePlace: ConfidencePlace = 'scores',
): Promise<PolicyWorld> {
  const stopwatch = new Stopwatch();
  const { config, seed, policyDir, referenceDir = policyDir } = options;
  const tokenizer = await Tokenizer.fromFolder(policyDir);
  const reward = await loadRewardSource(rewardFolders(options));
  if (!isDeepStrictEqual(tokenizer.json, reward.tokenizer.json)) {
    reward.dispose();
    // A critic starts from the reward model and reads the policy's tokens.
    throw new Error(
      'The policy and the reward model have different tokenizers: train a reward model from this policy.',
    );
  }
  const policy = await CausalLm.fromFolder(policyDir);
  const referenceModel = await CausalLm.fromFolder(referenceDir);
  const actor = new LanguageModelActor(policy, config.temperature);
  const reference = new LanguageModelActor(referenceModel, config.temperature);
  const usual = usualRollout({ policy, tokenizer, prompts: options.prompts, config });
  for (const { program } of [actor, reference]) program.usual = usual?.drawing ?? null;
  reward.expect(usual?.scoring ?? null);
  const random = new Random(seed);
  const prompts = new ShuffledItems(options.prompts, random);
  const kl = klControllerOf(config);
  return {
    stopwatch,
    policy,
    tokenizer,
    reward,
    ...confidenceWeights(config.weighByConfidence ? reward.confidence : null, confidencePlace),
    actor,
    reference,
    kl,
    random,
    pause: pauseBetweenSteps(options),
    prompts,
    parts: {
      policy: weightsPart(actor.params),
      kl: valuePart(z.number(), {
        read: () => kl.coefficient,
        place: (coefficient) => (kl.coefficient = coefficient),
      }),
      random: randomPart(random),
      prompts: orderPart(prompts),
      stopwatch: stopwatch.part,
    },
    dispose: () => {
      for (const part of [actor, reference, reward, policy, referenceModel]) part.dispose();
    },
  };
}

/** @param confidence null where scores do not count by it */
function confidenceWeights(
  confidence: number | null,
  place: ConfidencePlace,
): Pick<PolicyWorld, 'byConfidence' | 'scoreWeight' | 'advantageWeight'> {
  if (confidence === null) return { byConfidence: false, scoreWeight: 1, advantageWeight: 1 };
  return place === 'scores'
    ? { byConfidence: true, scoreWeight: confidence, advantageWeight: 1 }
    : { byConfidence: 'relative', scoreWeight: 1, advantageWeight: confidence };
}

function rewardFolders({ rewardDir, rewards }: PolicyRunOptions) {
  if (rewards !== undefined) return rewards;
  if (rewardDir !== undefined) return rewardDir;
  throw new Error('There is no reward to learn from: name a reward model.');
}

function klControllerOf(config: WorldSettings): KlController {
  if (config.klControl === 'fixed') return fixedKl(config.klCoefficient);
  return new AdaptiveKl({
    coefficient: config.klCoefficient,
    target: config.klTarget,
    horizon: config.klHorizon,
  });
}
