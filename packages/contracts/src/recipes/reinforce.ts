import { z } from 'zod';
import { PPO_SETTINGS } from './ppo.ts';
import { choiceOf, numberOf, switchOf, type Setting } from './settings.ts';

/** Policy gradients without a critic, save where the baseline is learned. Where a choice is `usual`, see `usualChoices`. */
export const REINFORCE_SETTINGS = {
  estimator: {
    kind: 'choice',
    label: 'Estimator',
    help: 'What an output is compared with. rloo: the other outputs of its prompt. grpo: the same, scaled by their spread. reinforce: a baseline.',
    group: 'usual',
    literature: 'Ahmadian et al. rloo; Shao et al. grpo; Williams reinforce',
    choices: ['rloo', 'grpo', 'reinforce'],
    default: 'rloo',
  },
  baseline: {
    kind: 'choice',
    label: 'Baseline of reinforce',
    help: 'mean: of earlier outputs. constant: a number. learned: a critic.',
    group: 'more',
    literature: 'Ahmadian et al. mean',
    choices: ['mean', 'constant', 'learned'],
    default: 'mean',
  },
  baselineConstant: {
    kind: 'number',
    label: 'Constant baseline',
    help: 'For the constant baseline; outputs of the base have mean 0.',
    group: 'all',
    literature: 'not stated',
    min: -100,
    max: 100,
    default: 0,
  },
  baselineDecay: {
    kind: 'number',
    label: 'Memory of the mean baseline',
    help: 'Share of the old mean that is kept after each batch.',
    group: 'all',
    literature: 'not stated',
    min: 0,
    max: 0.999,
    default: 0.9,
  },
  iterations: { ...PPO_SETTINGS.iterations, literature: 'not stated' },
  promptsPerIteration: {
    kind: 'integer',
    label: 'Prompts per iteration',
    help: 'Each gets the outputs named next.',
    group: 'usual',
    literature: 'Ahmadian et al. 512 outputs in all',
    min: 1,
    max: 4096,
    default: 16,
  },
  outputsPerPrompt: {
    kind: 'integer',
    label: 'Outputs per prompt',
    help: 'rloo and grpo compare these; they need at least 2.',
    group: 'usual',
    literature: 'Ahmadian et al. 2 and 4; TRL 2 (rloo), 8 (grpo)',
    min: 1,
    max: 256,
    default: 4,
  },
  learningRate: { ...PPO_SETTINGS.learningRate, literature: 'TRL 1e-6; small models need more' },
  klCoefficient: { ...PPO_SETTINGS.klCoefficient, literature: 'TRL 0.05 (rloo), 0 (grpo); Shao et al. 0.04' },
  klPlace: {
    kind: 'choice',
    label: 'Where KL counts',
    help: 'In the reward of an output, or in the loss. usual: reward, for grpo loss.',
    group: 'more',
    literature: 'Ahmadian et al. reward; Shao et al. loss',
    choices: ['usual', 'reward', 'loss'],
    default: 'usual',
  },
  klEstimator: {
    kind: 'choice',
    label: 'KL estimator',
    help: 'usual: k1 in the reward, k3 in the loss.',
    group: 'all',
    literature: 'Ahmadian et al. k1; Shao et al. k3',
    choices: ['usual', 'k1', 'k2', 'k3'],
    default: 'usual',
  },
  klControl: PPO_SETTINGS.klControl,
  klTarget: PPO_SETTINGS.klTarget,
  klHorizon: PPO_SETTINGS.klHorizon,
  scaleAdvantages: {
    kind: 'choice',
    label: 'Scale of advantages',
    help: 'Divide by the spread of the prompt (group) or of the batch. usual: none, for grpo group.',
    group: 'more',
    literature: 'TRL none (rloo), group (grpo); Liu et al. 2025 none',
    choices: ['usual', 'none', 'group', 'batch'],
    default: 'usual',
  },
  surrogate: {
    kind: 'choice',
    label: 'Surrogate',
    help: 'clipped: as PPO. unclipped: the bare ratio. clip-only: the clipped ratio for good and bad outputs alike.',
    group: 'more',
    literature: 'clipped; Ahmadian et al. unclipped',
    choices: ['clipped', 'unclipped', 'clip-only'],
    default: 'clipped',
  },
  ratio: {
    kind: 'choice',
    label: 'Ratio of',
    help: 'Each token, the whole output, or its mean over tokens. usual: token, for rloo sequence.',
    group: 'all',
    literature: 'TRL sequence (rloo), token (grpo); Zheng et al. 2025 sequence-mean',
    choices: ['usual', 'token', 'sequence', 'sequence-mean'],
    default: 'usual',
  },
  aggregation: {
    kind: 'choice',
    label: 'Loss is a mean over',
    help: 'outputs, tokens, or constant: outputs times the longest output. usual: tokens, for rloo outputs.',
    group: 'all',
    literature: 'Shao et al. outputs; Yu et al. 2025 tokens; Liu et al. 2025 constant',
    choices: ['usual', 'outputs', 'tokens', 'constant'],
    default: 'usual',
  },
  clipRange: {
    ...PPO_SETTINGS.clipRange,
    label: 'Clip range below',
    help: 'How far one update may lower the ratio.',
  },
  clipRangeHigh: {
    ...PPO_SETTINGS.clipRange,
    label: 'Clip range above',
    help: 'How far one update may raise the ratio.',
    literature: '0.2; Yu et al. 2025 0.28',
  },
  innerEpochs: { ...PPO_SETTINGS.innerEpochs, literature: 'TRL 1' },
  minibatchEpisodes: { ...PPO_SETTINGS.minibatchEpisodes, literature: 'not stated' },
  criticLearningRate: {
    ...PPO_SETTINGS.criticLearningRate,
    help: 'For the learned baseline.',
    group: 'all',
    literature: 'not stated',
  },
  temperature: { ...PPO_SETTINGS.temperature, literature: 'TRL 1' },
  maxNewTokens: PPO_SETTINGS.maxNewTokens,
  missingEndPenalty: PPO_SETTINGS.missingEndPenalty,
  lengthPenalty: PPO_SETTINGS.lengthPenalty,
  freeLength: PPO_SETTINGS.freeLength,
  scoreClip: {
    kind: 'number',
    label: 'Score limit',
    help: 'Scores beyond it on either side are cut to it; 0 is off.',
    group: 'all',
    literature: 'OpenRLHF 10',
    min: 0,
    max: 1000,
    default: 0,
  },
  weighByConfidence: PPO_SETTINGS.weighByConfidence,
  maxGradNorm: PPO_SETTINGS.maxGradNorm,
  warmupIterations: PPO_SETTINGS.warmupIterations,
  maxRatio: PPO_SETTINGS.maxRatio,
  stopUpdateKl: PPO_SETTINGS.stopUpdateKl,
  divergenceKl: PPO_SETTINGS.divergenceKl,
  sampleEvery: PPO_SETTINGS.sampleEvery,
  samplePrompts: PPO_SETTINGS.samplePrompts,
} as const satisfies Record<string, Setting>;

const Fields = z.strictObject({
  estimator: choiceOf(REINFORCE_SETTINGS.estimator),
  baseline: choiceOf(REINFORCE_SETTINGS.baseline),
  baselineConstant: numberOf(REINFORCE_SETTINGS.baselineConstant),
  baselineDecay: numberOf(REINFORCE_SETTINGS.baselineDecay),
  iterations: numberOf(REINFORCE_SETTINGS.iterations),
  promptsPerIteration: numberOf(REINFORCE_SETTINGS.promptsPerIteration),
  outputsPerPrompt: numberOf(REINFORCE_SETTINGS.outputsPerPrompt),
  learningRate: numberOf(REINFORCE_SETTINGS.learningRate),
  klCoefficient: numberOf(REINFORCE_SETTINGS.klCoefficient),
  klPlace: choiceOf(REINFORCE_SETTINGS.klPlace),
  klEstimator: choiceOf(REINFORCE_SETTINGS.klEstimator),
  klControl: choiceOf(REINFORCE_SETTINGS.klControl),
  klTarget: numberOf(REINFORCE_SETTINGS.klTarget),
  klHorizon: numberOf(REINFORCE_SETTINGS.klHorizon),
  scaleAdvantages: choiceOf(REINFORCE_SETTINGS.scaleAdvantages),
  surrogate: choiceOf(REINFORCE_SETTINGS.surrogate),
  ratio: choiceOf(REINFORCE_SETTINGS.ratio),
  aggregation: choiceOf(REINFORCE_SETTINGS.aggregation),
  clipRange: numberOf(REINFORCE_SETTINGS.clipRange),
  clipRangeHigh: numberOf(REINFORCE_SETTINGS.clipRangeHigh),
  innerEpochs: numberOf(REINFORCE_SETTINGS.innerEpochs),
  minibatchEpisodes: numberOf(REINFORCE_SETTINGS.minibatchEpisodes),
  criticLearningRate: numberOf(REINFORCE_SETTINGS.criticLearningRate),
  temperature: numberOf(REINFORCE_SETTINGS.temperature),
  maxNewTokens: numberOf(REINFORCE_SETTINGS.maxNewTokens),
  missingEndPenalty: numberOf(REINFORCE_SETTINGS.missingEndPenalty),
  lengthPenalty: numberOf(REINFORCE_SETTINGS.lengthPenalty),
  freeLength: numberOf(REINFORCE_SETTINGS.freeLength),
  scoreClip: numberOf(REINFORCE_SETTINGS.scoreClip),
  weighByConfidence: switchOf(REINFORCE_SETTINGS.weighByConfidence),
  maxGradNorm: numberOf(REINFORCE_SETTINGS.maxGradNorm),
  warmupIterations: numberOf(REINFORCE_SETTINGS.warmupIterations),
  maxRatio: numberOf(REINFORCE_SETTINGS.maxRatio),
  stopUpdateKl: numberOf(REINFORCE_SETTINGS.stopUpdateKl),
  divergenceKl: numberOf(REINFORCE_SETTINGS.divergenceKl),
  sampleEvery: numberOf(REINFORCE_SETTINGS.sampleEvery),
  samplePrompts: numberOf(REINFORCE_SETTINGS.samplePrompts),
});

export const ReinforceConfig = Fields.refine(
  ({ estimator, outputsPerPrompt }) => estimator === 'reinforce' || outputsPerPrompt >= 2,
  {
    path: ['outputsPerPrompt'],
    message: 'rloo and grpo compare outputs of one prompt: draw at least 2.',
  },
).refine((config) => usualChoices(config).klPlace === 'reward' || config.klEstimator !== 'k1', {
  path: ['klEstimator'],
  message: 'In the loss k1 has no gradient on average: choose k2 or k3, or count KL in the reward.',
});
export type ReinforceConfig = z.infer<typeof ReinforceConfig>;

/** What `usual` means for an estimator: the choices of the paper or library that it is known from. */
export function usualChoices(
  config: Pick<
    z.infer<typeof Fields>,
    'estimator' | 'klPlace' | 'klEstimator' | 'scaleAdvantages' | 'ratio' | 'aggregation'
  >,
): {
  klPlace: 'reward' | 'loss';
  klEstimator: 'k1' | 'k2' | 'k3';
  scaleAdvantages: 'none' | 'group' | 'batch';
  ratio: 'token' | 'sequence' | 'sequence-mean';
  aggregation: 'outputs' | 'tokens' | 'constant';
} {
  const { estimator, klPlace: place, klEstimator, scaleAdvantages, ratio, aggregation } = config;
  const klPlace = place === 'usual' ? (estimator === 'grpo' ? 'loss' : 'reward') : place;
  return {
    klPlace,
    klEstimator: klEstimator === 'usual' ? (klPlace === 'loss' ? 'k3' : 'k1') : klEstimator,
    scaleAdvantages:
      scaleAdvantages === 'usual' ? (estimator === 'grpo' ? 'group' : 'none') : scaleAdvantages,
    ratio: ratio === 'usual' ? (estimator === 'rloo' ? 'sequence' : 'token') : ratio,
    aggregation: aggregation === 'usual' ? (estimator === 'rloo' ? 'outputs' : 'tokens') : aggregation,
  };
}
