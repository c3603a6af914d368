import type { RecipeName } from './recipe-name.ts';

export interface MetricInfo {
  /** A few words, with the unit where there is one. */
  label: string;
  /** What is measured, and how a healthy curve looks. */
  help: string;
  /** What OpenAI's code of 2019 calls it, where TRL's name differs. */
  openAi?: string;
}

/**
 * Every number that training records, by the name that TRL uses where it has one. A stage records no other name: the pages
 * draw and explain these.
 */
export const METRICS = {
  loss: {
    label: 'loss',
    help: 'What the step makes smaller. Falling is good; above its start something is wrong.',
  },
  grad_norm: {
    label: 'gradient norm',
    help: 'Length of the gradient before it is cut. Jumps of many times its usual size come before trouble.',
  },
  learning_rate: { label: 'learning rate', help: 'Step size of this step: it rises, then falls as planned.' },
  epoch: { label: 'passes over the texts', help: 'How often the texts were seen up to this step.' },
  num_tokens: { label: 'tokens learned from', help: 'All tokens up to this step.' },
  eval_loss: {
    label: 'held-out loss, nats per token',
    help: 'On prompts that do not train. When it rises while the loss falls, the texts are learned by heart.',
  },
  accuracy: {
    label: 'accuracy, share of training pairs',
    help: 'Pairs whose preferred output has the higher score. 0.5 is guessing.',
  },
  margin_mean: {
    label: 'mean lead of the preferred output',
    help: 'Score of the preferred output less that of the other. Rising is good.',
  },
  member: {
    label: 'member of the ensemble',
    help: 'Which one the step trains, from 1; one after the other.',
  },
  'objective/kl': {
    label: 'KL to the reference, nats per output',
    help: 'How far the policy has moved: sum over tokens of log π - log π_ref, mean over outputs. Slow growth is healthy; clearly negative means that outputs are drawn differently from how they are scored.',
  },
  'objective/kl_coefficient': {
    label: 'KL coefficient',
    help: 'What one nat costs; adaptive control moves it.',
    openAi: 'objective/kl_coef',
  },
  'objective/scores': {
    label: 'score, deviations of the base',
    help: 'What the reward model gives, mean over outputs. Rising is good, if people agree.',
  },
  'objective/non_score_reward': {
    label: 'reward for staying near',
    help: 'The KL cost as a reward: minus coefficient times KL.',
  },
  'objective/rlhf_reward': {
    label: 'score less KL cost',
    help: 'What is maximised. Rising is good.',
  },
  'objective/entropy': {
    label: 'entropy, nats per output',
    help: 'How open the policy is about what comes next. A sudden fall means that outputs become alike.',
  },
  'val/num_eos_tokens': {
    label: 'outputs that ended by themselves',
    help: 'Of the batch. When it falls, outputs run into their longest length.',
  },
  response_length: {
    label: 'length, tokens',
    help: 'Mean over outputs. Growth without end may please the reward model only.',
  },
  distinct_outputs: {
    label: 'distinct outputs, share',
    help: 'Of the drawn outputs. Falling means that they become alike.',
  },
  tokens_per_second: { label: 'speed, tokens per second', help: 'Drawn and learned from. Steady is good.' },
  'policy/approxkl_avg': {
    label: 'KL of one update, nats per token',
    help: 'Between the policy before and after, as half the mean squared log-ratio. 0 in the very first update; above 0.05 the learning rate is high.',
    openAi: 'ppo/policy/approxkl',
  },
  'policy/clipfrac_avg': {
    label: 'clip fraction, share of tokens',
    help: 'Tokens whose ratio is beyond the clip range. Below 0.2 is healthy.',
    openAi: 'ppo/policy/clipfrac',
  },
  'loss/policy_avg': {
    label: 'policy loss',
    help: 'The clipped objective, negative. Near zero without jumps is healthy; it need not fall.',
    openAi: 'ppo/loss/policy',
  },
  'loss/value_avg': {
    label: 'value loss',
    help: 'Squared error of the critic. Falling is good.',
    openAi: 'ppo/loss/value',
  },
  'val/ratio': {
    label: 'probability ratio, new to old',
    help: 'Mean over tokens. It stays near 1; TRL asks to look closely when it does not.',
  },
  'val/ratio_var': {
    label: 'variance of the ratio',
    help: 'Of the minibatches of one iteration. Small is healthy.',
  },
  'val/clipfrac_avg': {
    label: 'clipped values, share',
    help: 'Values that moved beyond their clip range.',
    openAi: 'ppo/val/clipfrac',
  },
  'grad_norm/policy': { label: "gradient norm of the policy's updates", help: 'Before it is cut.' },
  'grad_norm/value': { label: "gradient norm of the critic's updates", help: 'Before it is cut.' },
  skipped_updates: {
    label: 'skipped updates',
    help: 'Updates whose gradient was not a number or that were stopped for going too far. 0 is healthy.',
  },
  explained_variance: {
    label: 'explained variance of the critic',
    help: 'Share of the variance of returns that the critic foresees. Towards 1 is good; below 0 its mean would do better.',
    openAi: 'ppo/val/var_explained',
  },
  passes: { label: 'passes over the batch', help: 'Fewer than set when an update went too far.' },
  'ptx/loss': {
    label: 'loss on the pretraining texts, nats per token',
    help: 'Staying low is good: the policy keeps its language.',
  },
  'clip_ratio/low_mean': {
    label: 'clipped below, share of tokens',
    help: 'Tokens whose ratio is under its range.',
  },
  'clip_ratio/high_mean': {
    label: 'clipped above, share of tokens',
    help: 'Tokens whose ratio is over its range.',
  },
  reward_std: {
    label: 'deviation of the reward',
    help: 'Among the outputs of a prompt. Near 0 there is nothing to learn from.',
  },
  frac_reward_zero_std: {
    label: 'prompts without a difference, share',
    help: 'Prompts whose outputs all have the same reward: they teach nothing.',
  },
  baseline: { label: 'baseline', help: 'What an output is compared with.' },
  kl: { label: 'KL, nats', help: 'To the reference, as the loss estimates it.' },
  reward: {
    label: 'reward of the drawn candidates',
    help: 'Mean over all that were drawn. Rising from step to step is good.',
  },
  reward_chosen: { label: 'reward of the chosen candidates', help: 'It lies above that of the drawn.' },
  reward_held_out: { label: 'reward on held-out prompts', help: 'Of outputs for prompts that do not train.' },
  'completions/mean_length': {
    label: 'length of the candidates, tokens',
    help: 'Mean over all that were drawn.',
  },
  'completions/clipped_ratio': {
    label: 'candidates cut off, share',
    help: 'Those that ran into their longest length.',
  },
  'rewards/chosen': {
    label: 'lead of the preferred output over the reference, nats',
    help: 'β times log π - log π_ref. Rising is good.',
  },
  'rewards/rejected': {
    label: 'lead of the other output over the reference, nats',
    help: 'It falls; when both sides fall far, the policy forgets to write.',
  },
  'rewards/margins': { label: 'lead of the preferred over the other, nats', help: 'Rising is good.' },
  'rewards/accuracies': {
    label: 'pairs in the right order, share',
    help: 'Of training pairs. 0.5 is guessing.',
  },
  'logps/chosen': { label: 'log-probability of the preferred outputs, nats', help: 'Steady is good.' },
  'logps/rejected': { label: 'log-probability of the other outputs, nats', help: 'It falls.' },
  acceptance_rate: {
    label: 'accepted candidates, share',
    help: 'Of the rejection sampling. Near 0 the reward model asks for what the policy does not draw.',
  },
  kept: { label: 'candidates kept', help: 'That the step learns from.' },
  threshold: { label: 'threshold', help: 'Reward above which candidates are learned.' },
} as const satisfies Record<string, MetricInfo>;

export type MetricName = keyof typeof METRICS;

/** Null for a name that a round of another version has recorded. */
export function findMetric(name: string): MetricInfo | null {
  const known: Readonly<Record<string, MetricInfo>> = METRICS;
  return Object.hasOwn(known, name) ? (known[name] ?? null) : null;
}

const STEP = ['loss', 'grad_norm', 'learning_rate'] as const satisfies readonly MetricName[];

const DPO = [
  ...STEP,
  'rewards/chosen',
  'rewards/rejected',
  'rewards/margins',
  'rewards/accuracies',
  'logps/chosen',
  'logps/rejected',
] as const satisfies readonly MetricName[];

/** Of drawn candidates. */
const CANDIDATES = [
  'reward',
  'reward_std',
  'completions/mean_length',
  'completions/clipped_ratio',
  'distinct_outputs',
] as const satisfies readonly MetricName[];

/** Of outputs that the policy draws while it learns. */
const OWN_OUTPUTS = [
  'objective/kl',
  'objective/kl_coefficient',
  'objective/scores',
  'objective/non_score_reward',
  'objective/rlhf_reward',
  'objective/entropy',
  'val/num_eos_tokens',
  'response_length',
  'distinct_outputs',
  'learning_rate',
  'tokens_per_second',
] as const satisfies readonly MetricName[];

const SURROGATE = [
  'policy/approxkl_avg',
  'policy/clipfrac_avg',
  'loss/policy_avg',
  'val/ratio',
  'grad_norm/policy',
  'skipped_updates',
] as const satisfies readonly MetricName[];

const CRITIC = [
  'loss/value_avg',
  'val/clipfrac_avg',
  'grad_norm/value',
  'explained_variance',
] as const satisfies readonly MetricName[];

/** What the stages of each recipe record while they run, by the names that their curves and pages use. */
export const RECIPE_METRICS: Record<RecipeName, readonly MetricName[]> = {
  sft: [...STEP, 'epoch', 'num_tokens', 'eval_loss'],
  reward: [...STEP, 'accuracy', 'margin_mean', 'member'],
  ppo: [...OWN_OUTPUTS, ...SURROGATE, ...CRITIC, 'val/ratio_var', 'passes', 'ptx/loss'],
  reinforce: [
    ...OWN_OUTPUTS,
    ...SURROGATE,
    ...CRITIC,
    'clip_ratio/low_mean',
    'clip_ratio/high_mean',
    'reward_std',
    'frac_reward_zero_std',
    'baseline',
    'kl',
    'passes',
  ],
  dpo: DPO,
  // A batch of thumbs has no pairs to be right or wrong about.
  kto: [...DPO.filter((name) => name !== 'rewards/accuracies'), 'kl'],
  rso: [...CANDIDATES, ...DPO, 'reward_chosen', 'acceptance_rate', 'kept'],
  raft: [...CANDIDATES, ...STEP, 'reward_chosen', 'kept'],
  rest: [...CANDIDATES, ...STEP, 'reward_chosen', 'reward_held_out', 'threshold', 'kept'],
  'best-of-n': [...CANDIDATES, ...STEP, 'reward_chosen'],
  online: [...SURROGATE, 'clip_ratio/low_mean', 'clip_ratio/high_mean', 'kl', 'learning_rate'],
};
