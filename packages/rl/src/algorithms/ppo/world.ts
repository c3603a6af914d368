// What PPO holds while it runs: the world of a policy, a critic, and an optimiser for each of the two.

import type { PpoConfig } from '@rankloop/contracts';
import { AdamW } from '../../engine/optimizer.ts';
import { CausalLm } from '../../models/causal-lm.ts';
import { ScalarHead } from '../../models/scalar-head.ts';
import { optimizerPart, weightsPart } from '../progress/parts.ts';
import type { RunPpoOptions } from '../types.ts';
import { LanguageModelCritic } from './actor-critic.ts';
import { loadPolicyWorld, type PolicyWorld } from './policy-world.ts';
import { loadPretrainingMix, type PretrainingMix } from './pretraining-mix.ts';
import { PpoUpdater } from './updater.ts';

export const ADAM_BETAS = { beta1: 0.9, beta2: 0.95 };

export interface World extends PolicyWorld {
  readonly critic: LanguageModelCritic;
  readonly updater: PpoUpdater;
  /** The corpus that is mixed in; null without one. */
  readonly mix: PretrainingMix | null;
}

export async function loadWorld(options: RunPpoOptions): Promise<World> {
  const { config } = options;
  const world = await loadPolicyWorld(options);
  const disposals: { dispose(): void }[] = [world];
  try {
    const mix = loadPretrainingMix(options, world);
    const critic = criticOf(world, config);
    disposals.push(critic);
    const adam = { ...ADAM_BETAS, maxGradNorm: config.maxGradNorm };
    const actorOptimizer = new AdamW(world.actor.params, adam);
    const criticOptimizer = new AdamW(critic.params, adam);
    disposals.push(actorOptimizer, criticOptimizer);
    const { actor } = world;
    const updater = new PpoUpdater({ actor, critic, actorOptimizer, criticOptimizer, settings: config, mix });
    return {
      ...world,
      critic,
      updater,
      mix,
      parts: {
        ...world.parts,
        critic: weightsPart(critic.params),
        policyAdam: optimizerPart(actorOptimizer, world.actor.params),
        criticAdam: optimizerPart(criticOptimizer, critic.params),
        ...mix?.parts,
      },
      dispose: () => {
        for (const part of disposals) part.dispose();
      },
    };
  } catch (cause) {
    for (const part of disposals) part.dispose();
    throw cause;
  }
}

/** As the reward model, where it is (Stiennon et al. 2020); or the policy with a head of zeros (Ziegler et al. 2019). */
export function criticOf(
  world: PolicyWorld,
  { criticInit }: Pick<PpoConfig, 'criticInit'>,
): LanguageModelCritic {
  const critic =
    criticInit === 'reward'
      ? LanguageModelCritic.fromRewardModel(world.reward.leader, world.scoreWeight)
      : criticFromPolicy(world.policy);
  critic.program.usual = world.actor.program.usual;
  return critic;
}

function criticFromPolicy(policy: CausalLm): LanguageModelCritic {
  const head = ScalarHead.random('value', policy.config.nEmbd, { seed: 0, std: 0, withBias: true });
  const trunk = new CausalLm(policy.config, policy.hostTensors(), { parts: 'trunk' });
  return new LanguageModelCritic(trunk, head);
}
