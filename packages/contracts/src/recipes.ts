export { BEST_OF_N_SETTINGS, BestOfNConfig } from './recipes/best-of-n.ts';
export { DPO_SETTINGS, DpoConfig } from './recipes/dpo.ts';
export { DPO_LOSSES, dpoLossTraits, type DpoLossChoice } from './recipes/dpo-losses.ts';
export { explainRoundIssues, type RoundProblem } from './recipes/explain.ts';
export {
  MAX_STAGES,
  ROUND_SETTING_SECTIONS,
  ROUND_SETTINGS,
  RoundConfig,
  type RoundConfigInput,
} from './recipes/pipeline.ts';
export { findMetric, METRICS, RECIPE_METRICS, type MetricInfo, type MetricName } from './recipes/metrics.ts';
export { ONLINE_SETTINGS, OnlineConfig } from './recipes/online.ts';
export { PPO_SETTINGS, PpoConfig } from './recipes/ppo.ts';
export { REINFORCE_SETTINGS, ReinforceConfig, usualChoices } from './recipes/reinforce.ts';
export { ROUND_PRESETS, RoundPreset, type RoundPresetInfo } from './recipes/presets.ts';
export { RAFT_SETTINGS, RaftConfig } from './recipes/raft.ts';
export { RecipeName } from './recipes/recipe-name.ts';
export { REST_SETTINGS, RestConfig } from './recipes/rest.ts';
export { REWARD_SETTINGS, RewardConfig } from './recipes/reward.ts';
export { KTO_SETTINGS, KtoConfig } from './recipes/kto.ts';
export { SFT_SETTINGS, SftConfig } from './recipes/sft.ts';
export { RSO_SETTINGS, RsoConfig } from './recipes/rso.ts';
export { SAMPLING_SETTINGS, SamplingConfig } from './recipes/sampling.ts';
export type {
  ChoiceSetting,
  NumberSetting,
  Setting,
  SettingGroup,
  SwitchSetting,
} from './recipes/settings.ts';
export {
  GIVEN_POLICIES,
  isGivenPolicy,
  RESERVED_STAGE_NAMES,
  StageName,
  type GivenPolicy,
  type RewardInput,
} from './recipes/stage-names.ts';
export {
  CorpusName,
  RECIPES,
  StageSpec,
  type Makes,
  type RecipeInfo,
  type StageOf,
  type StageSpecInput,
} from './recipes/stages.ts';
export {
  choicesFor,
  findWiringFaults,
  getStage,
  inputsOf,
  lastMade,
  type StageInput,
  type WiringFault,
} from './recipes/wiring.ts';
