import {
  RoundConfig,
  RoundReport,
  RoundState,
  StageReport,
  type RoundSummary,
  type StageView,
} from '@rankloop/contracts';
import type { Round, Stage } from '@rankloop/db';
import { stagesOf, type RoundStage } from './stages.ts';

export interface RoundFacts {
  round: Round;
  stages: readonly Stage[];
  snapshot: { hash: string; judgementCount: number } | null;
  startedBy: string | null;
  /** Reward by iteration, already thinned. */
  spark: number[];
  now: Date;
}

export function toRoundSummary(facts: RoundFacts): RoundSummary {
  const { round, stages, snapshot, now } = facts;
  const report = RoundReport.safeParse(round.summary);
  return {
    id: round.id,
    number: round.number,
    state: RoundState.parse(round.state),
    recipe: round.recipe,
    judgementCount: snapshot?.judgementCount ?? null,
    snapshotHash: snapshot?.hash ?? null,
    startedBy: facts.startedBy,
    isAutomatic: round.isAutomatic,
    createdAt: round.createdAt.toISOString(),
    startedAt: round.startedAt?.toISOString() ?? null,
    endedAt: round.endedAt?.toISOString() ?? null,
    reason: round.reason,
    report: report.success ? report.data : {},
    spark: facts.spark,
    progress: progressOf(round, stages, now),
  };
}

export function toStageView(stage: Stage, config: RoundConfig, now: Date): StageView {
  const report = StageReport.safeParse(stage.result ?? {});
  return {
    name: stage.name,
    recipe: config.stages.find(({ name }) => name === stage.name)?.recipe ?? null,
    report: report.success ? report.data : {},
    state: stage.state,
    step: stage.step,
    totalSteps: stage.totalSteps,
    message: stage.message,
    startedAt: stage.startedAt?.toISOString() ?? null,
    endedAt: stage.endedAt?.toISOString() ?? null,
    secondsLeft: stage.state === 'running' ? secondsLeftOf(stage, now) : null,
  };
}

/** Stages that are done count with their usual share, the one under way with its part of it. */
function progressOf(
  { state, config }: Pick<Round, 'state' | 'config'>,
  stages: readonly Stage[],
  now: Date,
): RoundSummary['progress'] {
  if (state === 'succeeded') return { stage: null, recipe: null, fraction: 1, secondsLeft: null };
  const planned = planOf(config);
  const shareOf = (name: string) => planned.find((stage) => stage.name === name)?.share ?? 0;
  const running = stages.find((stage) => stage.state === 'running');
  const done = stages
    .filter((stage) => stage.state === 'done')
    .reduce((sum, { name }) => sum + shareOf(name), 0);
  if (!running) return { stage: null, recipe: null, fraction: done, secondsLeft: null };
  const part = running.totalSteps > 0 ? Math.min(1, running.step / running.totalSteps) : 0;
  const left = secondsLeftOf(running, now);
  const share = shareOf(running.name);
  // The other stages are taken to last as their shares say, measured by the pace of this one.
  const pace = left !== null && part < 1 && share > 0 ? left / (share * (1 - part)) : null;
  const fraction = done + share * part;
  return {
    stage: running.name,
    recipe: planned.find(({ name }) => name === running.name)?.recipe ?? null,
    fraction,
    secondsLeft: pace === null ? null : Math.round(pace * (1 - fraction)),
  };
}

/** A config that no longer reads must not take the page of all rounds with it. */
function planOf(config: unknown): RoundStage[] {
  const parsed = RoundConfig.safeParse(config);
  return parsed.success ? stagesOf(parsed.data) : [];
}

function secondsLeftOf({ startedAt, step, totalSteps }: Stage, now: Date): number | null {
  if (!startedAt || step === 0 || totalSteps === 0) return null;
  const seconds = (now.getTime() - startedAt.getTime()) / 1000;
  return Math.max(0, Math.round((seconds / step) * (totalSteps - step)));
}
