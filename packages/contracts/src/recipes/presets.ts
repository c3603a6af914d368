import { z } from 'zod';
import { RoundConfig } from './pipeline.ts';

export const RoundPreset = z.enum([
  'standard',
  'demo',
  'tiny',
  'instructgpt',
  'stiennon',
  'ziegler',
  'hh',
  'simple-ppo',
  'rloo',
  'grpo',
  'dpo',
  'kto',
  'rso',
  'raft',
  'rest',
  'best-of-n',
  'online',
]);
export type RoundPreset = z.infer<typeof RoundPreset>;

export interface RoundPresetInfo {
  label: string;
  help: string;
  config: RoundConfig;
}

/**
 * Complete configurations to start from. Those named after papers keep the paper's stages and the settings that carry
 * over to any size (KL, passes, temperature, shares); learning rates and batches are ours, because theirs are for
 * models of billions of parameters.
 */
export const ROUND_PRESETS: Record<RoundPreset, RoundPresetInfo> = {
  standard: { label: 'Standard', help: 'The defaults.', config: RoundConfig.parse({}) },
  demo: {
    label: 'Demo',
    help: 'For the small model of the demo project: a few minutes on a laptop.',
    config: RoundConfig.parse({
      stages: [
        { recipe: 'reward', config: { learningRate: 5e-4, batchPrompts: 16, epochs: 3 } },
        {
          recipe: 'ppo',
          config: {
            learningRate: 3e-4,
            criticLearningRate: 5e-4,
            klCoefficient: 0.3,
            iterations: 50,
            maxNewTokens: 40,
          },
        },
      ],
      sampling: { maxNewTokens: 40 },
    }),
  },
  tiny: {
    label: 'Tiny',
    help: 'A few steps that end in seconds, to see that everything works.',
    config: RoundConfig.parse({
      newTasks: 8,
      comparePrompts: 8,
      stages: [
        { recipe: 'reward', config: { batchPrompts: 8, normalisationSamples: 16 } },
        {
          recipe: 'ppo',
          config: {
            iterations: 3,
            episodesPerIteration: 16,
            minibatchEpisodes: 8,
            maxNewTokens: 16,
            // Of its few held-out prompts nothing follows; the policy is to move all the same.
            weighByConfidence: false,
            sampleEvery: 1,
            samplePrompts: 2,
          },
        },
      ],
      sampling: { maxNewTokens: 16 },
    }),
  },
  instructgpt: {
    label: 'InstructGPT (Ouyang 2022)',
    help: 'SFT on demonstrations, reward model, PPO with the pretraining corpus mixed in; KL coefficient 0.02.',
    config: RoundConfig.parse({
      stages: [
        // Their 16 passes over-fit the loss and still raised the reward; the last pass is kept as they did.
        { recipe: 'sft', config: { corrections: false, epochs: 16, keepBestEpoch: false } },
        { recipe: 'reward', from: 'sft', config: { epochs: 1 } },
        {
          name: 'ppo-ptx',
          recipe: 'ppo',
          policy: 'sft',
          config: { klCoefficient: 0.02, innerEpochs: 1, ptxCoefficient: 27.8, warmupIterations: 10 },
        },
      ],
    }),
  },
  ziegler: {
    label: 'Ziegler 2019',
    help: 'Reward model, then PPO whose KL coefficient is steered to 6 nats.',
    config: RoundConfig.parse({
      stages: [
        { recipe: 'reward' },
        {
          recipe: 'ppo',
          config: {
            klCoefficient: 0.15,
            klControl: 'adaptive',
            klTarget: 6,
            innerEpochs: 4,
            temperature: 0.7,
          },
        },
      ],
      sampling: { temperature: 0.7 },
    }),
  },
  stiennon: {
    label: 'Stiennon 2020',
    help: 'Learning to summarise: reward model, then PPO held by a fixed KL coefficient of 0.05.',
    config: RoundConfig.parse({
      stages: [
        { recipe: 'reward', config: { epochs: 1 } },
        { recipe: 'ppo', config: { klCoefficient: 0.05, innerEpochs: 4, temperature: 0.7 } },
      ],
      sampling: { temperature: 0.7 },
    }),
  },
  hh: {
    label: 'Bai 2022, online',
    help: 'Each round anew from the first policy: reward model on all old and new judgements, then PPO. The newest two policies draw the new outputs.',
    config: RoundConfig.parse({
      policiesPerTask: 2,
      stages: [
        { recipe: 'reward', from: 'base', config: { epochs: 1 } },
        { recipe: 'ppo', policy: 'base', config: { klCoefficient: 0.001, innerEpochs: 1 } },
      ],
    }),
  },
  'simple-ppo': {
    label: 'PPO, simple form',
    help: 'Reward model, then 4 passes over each batch on the clipped ratio times reward less KL; no critic.',
    config: RoundConfig.parse({
      stages: [
        { recipe: 'reward' },
        { recipe: 'ppo', config: { form: 'simple', innerEpochs: 4, whitenAdvantages: false } },
      ],
    }),
  },
  rloo: {
    label: 'RLOO (Ahmadian 2024)',
    help: 'Reward model, then REINFORCE with each output compared with the others of its prompt.',
    config: RoundConfig.parse({
      stages: [
        { recipe: 'reward' },
        {
          recipe: 'reinforce',
          name: 'rloo',
          config: { estimator: 'rloo', klCoefficient: 0.03, outputsPerPrompt: 4 },
        },
      ],
    }),
  },
  grpo: {
    label: 'GRPO (Shao 2024)',
    help: 'Reward model, then outputs compared within their prompt and scaled by its spread; KL in the loss, 0.04.',
    config: RoundConfig.parse({
      stages: [
        { recipe: 'reward' },
        {
          recipe: 'reinforce',
          name: 'grpo',
          config: { estimator: 'grpo', klCoefficient: 0.04, outputsPerPrompt: 8 },
        },
      ],
    }),
  },
  dpo: {
    label: 'DPO (Rafailov 2023)',
    help: 'Straight from the judgements, without a reward model; beta 0.1.',
    config: RoundConfig.parse({ stages: [{ recipe: 'dpo', config: { beta: 0.1 } }] }),
  },
  kto: {
    label: 'KTO (Ethayarajh 2024)',
    help: 'From thumbs up and down, without pairs; beta 0.1.',
    config: RoundConfig.parse({ stages: [{ recipe: 'kto', config: { beta: 0.1 } }] }),
  },
  rso: {
    label: 'RSO (Liu 2024)',
    help: 'Reward model, then pairs from rejection sampling; beta 0.5, gamma 0.05, temperature 0.7.',
    config: RoundConfig.parse({ stages: [{ recipe: 'reward' }, { recipe: 'rso' }] }),
  },
  raft: {
    label: 'RAFT (Dong 2023)',
    help: 'Reward model, then learning the best of each prompt, several times.',
    config: RoundConfig.parse({ stages: [{ recipe: 'reward' }, { recipe: 'raft' }] }),
  },
  rest: {
    label: 'ReST (Gulcehre 2023)',
    help: 'Reward model, then two growing steps with rising thresholds.',
    config: RoundConfig.parse({ stages: [{ recipe: 'reward' }, { recipe: 'rest' }] }),
  },
  'best-of-n': {
    label: 'Best of n',
    help: 'Reward model, then learning the best of 16 outputs of each prompt.',
    config: RoundConfig.parse({ stages: [{ recipe: 'reward' }, { recipe: 'best-of-n' }] }),
  },
  online: {
    label: 'Online, from scores',
    help: "People's scores of the newest outputs are the reward; no reward model.",
    config: RoundConfig.parse({ stages: [{ recipe: 'online' }] }),
  },
};
