export { assessJudgements, findWarnings, type Assessment } from './assess-judgements.ts';
export { cancelRound } from './cancel-round.ts';
export { chooseRoundPrompts, type PromptText, type RoundPrompts } from './choose-prompts.ts';
export { checkRound } from './check-round.ts';
export { claimRound, heartbeat, isCancelRequested } from './claim-round.ts';
export { endRound, type RoundEnd } from './close-round.ts';
export { decidePromotion } from './decide-promotion.ts';
export { defaultRoundConfig, draftRound } from './draft-round.ts';
export { MEASURED_TOKENS, type MachineSpeed } from './estimate-round.ts';
export { StaleAttemptError, withFence, type Fence } from './fence.ts';
export { getRoundCurves } from './get-round-curves.ts';
export { getRoundMetrics } from './get-round-metrics.ts';
export { getRound } from './get-round.ts';
export { getRoundScores } from './get-round-scores.ts';
export { listRoundSamples } from './list-round-samples.ts';
export { listRoundStarters } from './list-round-starters.ts';
export { listRounds } from './list-rounds.ts';
export { findUnmeasured, storeSpeed, type Unmeasured } from './machine-speed.ts';
export { HEARTBEAT_LIMIT_MS, reconcileRounds, type DueRound } from './reconcile-rounds.ts';
export {
  beginStage,
  finishStage,
  logRound,
  noteStage,
  recordEngine,
  recordSamples,
  recordSteps,
  rewindStage,
  type SampleReport,
  type StepReport,
} from './record-progress.ts';
export { MAX_RESTARTS, releaseRound, reportLostTraining } from './requeue-round.ts';
export { retryRound } from './retry-round.ts';
export { stagesOf, type RoundStage } from './stages.ts';
export {
  findProgress,
  removeProgress,
  storeProgress,
  sweepProgress,
  unfinishedProgress,
  type StageProgress,
} from './stage-progress.ts';
export { startRound } from './start-round.ts';
export { outputsPerTask, succeedRound, type NewOutput } from './succeed-round.ts';
export { storeCurves } from './stored-curves.ts';
export { thinMetrics } from './thin-metrics.ts';
