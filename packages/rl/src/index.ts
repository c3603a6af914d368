// engine, models, weights, tokenizers, sampling
export { useEngine, type EngineName, type EngineReport } from './engine/use-engine.ts';
export { Random, type RandomState } from './engine/random.ts';
export { Program, type State, type Step } from './engine/program.ts';
export { assign, type Update } from './engine/update.ts';
export { floats, ints, type HostArray } from './engine/host-array.ts';
export { AdamW, globalNorm, type AdamWOptions, type AdamWState } from './engine/optimizer.ts';
export { learningRateFactor, type Schedule, type ScheduleName } from './engine/schedule.ts';
export { CausalLm, type CausalLmConfig } from './models/causal-lm.ts';
export { ScalarHead } from './models/scalar-head.ts';
export { Tokenizer } from './tokenizers/tokenizer.ts';
export { trainByteLevelBpe, type TrainBpeOptions } from './tokenizers/train-bpe.ts';
export {
  readModelFolder,
  writeModelFolder,
  type ModelFolder,
  type NewModelFolder,
} from './weights/model-folder.ts';
export { type HostTensor } from './weights/safetensors.ts';
export { sampleCompletions, type SampledIds, type SampleOptions } from './sampling/sample.ts';
export { onThreadTrouble } from './sampling/threads/crew.ts';
export { runDecodeThread } from './sampling/threads/run-decode-thread.ts';

// supervised training
export {
  evaluateLanguageModel,
  trainLanguageModel,
  type LanguageModelExample,
  type TrainLanguageModelOptions,
} from './algorithms/train-language-model.ts';
// data, returns, algorithms, evaluation
export * from './algorithms/types.ts';
export { type Progress } from './algorithms/progress/progress.ts';
export {
  readOrigin,
  readSavedState,
  writeSavedState,
  type Origin,
} from './algorithms/progress/saved-files.ts';
export { trainRewardModel } from './algorithms/train-reward-model.ts';
export { trainDpo, trainDpoOnPairs } from './algorithms/train-dpo.ts';
export {
  type DpoReport,
  type GivenPair,
  type TrainDpoOnPairsOptions,
  type TrainDpoOptions,
} from './algorithms/dpo/types.ts';
export { trainKto } from './algorithms/train-kto.ts';
export { type KtoExample, type KtoReport, type TrainKtoOptions } from './algorithms/kto/types.ts';
export { trainSft } from './algorithms/train-sft.ts';
export {
  type SftExample,
  type SftReport,
  type SftSource,
  type TrainSftOptions,
} from './algorithms/sft/types.ts';
export { runPpo } from './algorithms/run-ppo.ts';
export { runReinforce } from './algorithms/run-reinforce.ts';
export { trainOnline } from './algorithms/train-online.ts';
export { centreScore } from './algorithms/online/centre-score.ts';
export { type OnlineExample, type OnlineReport, type TrainOnlineOptions } from './algorithms/online/types.ts';
export { runRso } from './algorithms/run-rso.ts';
export { runRaft } from './algorithms/run-raft.ts';
export { runRest } from './algorithms/run-rest.ts';
export { runBestOfN } from './algorithms/run-best-of-n.ts';
export {
  drawBestOfN,
  type BestOutput,
  type DrawBestOfNOptions,
} from './algorithms/candidates/draw-best-of-n.ts';
export type * from './algorithms/candidates/types.ts';
export { sampleFromFolder } from './algorithms/sample-from-folder.ts';
export { generateText, loadTextModel, type TextModel } from './algorithms/generate-text.ts';
export {
  loadRewardSource,
  type RewardFolders,
  type RewardSource,
  type RewardText,
  type ScoreOptions,
} from './algorithms/reward/reward-source.ts';
export { type ScoreScale } from './algorithms/reward/aggregate.ts';
export { scoreWithRewardModel } from './algorithms/score-with-reward-model.ts';
export { splitByPrompt } from './data/split.ts';
export { capLabelerShare } from './data/labeler-share.ts';
export { winRate } from './evaluation/win-rate.ts';
export { planCurve, type CurveExample, type PlannedCell } from './budget/plan-curve.ts';
export { summariseCurve } from './budget/summarise-curve.ts';
export { extrapolate, type CurvePoint, type Extrapolation } from './evaluation/learning-curve.ts';
