import type { RecipeName } from './stages.ts';

const STEP = ['loss', 'grad_norm', 'learning_rate'];

const DPO = [
  ...STEP,
  'rewards/chosen',
  'rewards/rejected',
  'rewards/margins',
  'rewards/accuracies',
  'logps/chosen',
  'logps/rejected',
];

/** Of drawn candidates. */
const CANDIDATES = [
  'reward',
  'reward_std',
  'completions/mean_length',
  'completions/clipped_ratio',
  'distinct_outputs',
];

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
];

const SURROGATE = [
  'policy/approxkl_avg',
  'policy/clipfrac_avg',
  'loss/policy_avg',
  'val/ratio',
  'grad_norm/policy',
  'skipped_updates',
];

const CRITIC = ['loss/value_avg', 'val/clipfrac_avg', 'grad_norm/value', 'explained_variance'];

/** What the stages of each recipe record while they run, by the names that their curves and pages use. */
export const RECIPE_METRICS: Record<RecipeName, readonly string[]> = {
  sft: [...STEP, 'epoch', 'num_tokens', 'eval_loss'],
  reward: [...STEP, 'accuracy', 'margin_mean'],
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
