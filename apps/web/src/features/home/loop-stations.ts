import { RECIPES, type LoopState, type RoundSummary } from '@rankloop/contracts';
import { count, counted, percent } from '../../lib/format.ts';

export type StationName = 'prompts' | 'outputs' | 'judgements' | 'reward' | 'policy';
/** `waiting`: people or data are awaited. `needs-you`: nothing moves until the reader acts. */
export type Health = 'fine' | 'waiting' | 'working' | 'needs-you' | 'stale';

export interface Station {
  name: StationName;
  title: string;
  /** The number of the station, short. */
  figure: string;
  /** What the number counts. */
  unit: string;
  health: Health;
  /** Why, in a few words. */
  note: string;
  newestAt: string | null;
  /** Below `/p/<slug>`. */
  path: string;
  /** 0..1 while working, when known. */
  progress: number | null;
}

export type Flow = `${StationName}-${StationName}`;

export interface LoopSigns {
  loop: LoopState;
  /** Judgements are arriving right now. */
  isJudging: boolean;
}

/** What the running round is at, if it is at work rather than queued: what a stage makes, or where every round passes. */
function stageOf({ activeRound }: LoopState): string | null {
  const { stage = null, recipe = null } = activeRound?.progress ?? {};
  return recipe === null ? stage : RECIPES[recipe].makes;
}

/** The five stations in the order of the loop. */
export function stationsOf({ loop, isJudging }: LoopSigns): Station[] {
  const stage = stageOf(loop);
  return [
    promptStation(loop),
    outputStation(loop, stage),
    judgementStation(loop, isJudging),
    rewardStation(loop, stage),
    policyStation(loop, stage),
  ];
}

function promptStation({ prompts }: LoopState): Station {
  const base = { name: 'prompts', title: 'Prompts', path: '/prompts', progress: null } as const;
  const { count: n, heldOut, newestAt } = prompts;
  const figure = { figure: count(n), unit: n === 1 ? 'prompt' : 'prompts', newestAt };
  if (n === 0) return { ...base, ...figure, health: 'needs-you', note: 'import some' };
  return {
    ...base,
    ...figure,
    health: 'fine',
    note: heldOut > 0 ? `${count(heldOut)} held out` : 'all train',
  };
}

function outputStation({ outputs, activeRound }: LoopState, stage: string | null): Station {
  const { count: n, openTasks, newestAt } = outputs;
  const base = {
    name: 'outputs',
    title: 'Outputs',
    figure: count(n),
    unit: n === 1 ? 'output' : 'outputs',
    path: '/label',
    newestAt,
  } as const;
  if (stage === 'sample' || stage === 'queue') {
    return {
      ...base,
      health: 'working',
      note: 'writing new ones',
      progress: activeRound?.progress.fraction ?? null,
    };
  }
  if (openTasks > 0) {
    return { ...base, health: 'waiting', note: `${counted(openTasks, 'task')} for people`, progress: null };
  }
  return { ...base, health: n === 0 ? 'needs-you' : 'fine', note: 'no task is open', progress: null };
}

function judgementStation({ judgements }: LoopState, isJudging: boolean): Station {
  const { count: n, today, people, newestAt } = judgements;
  const base = {
    name: 'judgements',
    title: 'Judgements',
    figure: count(n),
    unit: n === 1 ? 'judgement' : 'judgements',
    path: '/judgements',
    newestAt,
    progress: null,
  } as const;
  if (isJudging) return { ...base, health: 'working', note: `arriving, ${count(today)} today` };
  if (n === 0) return { ...base, health: 'waiting', note: 'none yet' };
  return { ...base, health: 'fine', note: `${count(today)} today, ${counted(people, 'person', 'people')}` };
}

/** Whether something came into being since the round began. */
const isMadeBy = ({ startedAt }: RoundSummary, madeAt: string | null) =>
  startedAt !== null && madeAt !== null && Date.parse(madeAt) >= Date.parse(startedAt);

/** The round's reward model has met labels that it never saw. */
const isMeasured = ({ report }: RoundSummary) => report.rewardConfidence !== undefined;

function rewardStation(
  { rewardModel, judgements, activeRound, lastRounds }: LoopState,
  stage: string | null,
): Station {
  const { accuracy, checkpointId, newestAt } = rewardModel;
  const base = {
    name: 'reward',
    title: 'Reward model',
    figure: accuracy === null ? '-' : percent(accuracy),
    unit: accuracy === null ? 'not measured' : 'held-out accuracy',
    path: '/checkpoints?kind=reward',
    newestAt,
    progress: null,
  } as const;
  if (stage === 'snapshot' || stage === 'reward') {
    const fraction = activeRound?.progress.fraction ?? null;
    return { ...base, health: 'working', note: 'learning from people', progress: fraction };
  }
  if (checkpointId === null) return { ...base, health: 'waiting', note: 'made by a round' };
  if (lastRounds.find(isMeasured)?.report.rewardConfidence === 0) {
    return { ...base, health: 'needs-you', note: 'not confirmed' };
  }
  // Counted since the last round that ended well; what the running one has learned is in its model already.
  if (activeRound !== null && isMadeBy(activeRound, newestAt)) {
    return { ...base, health: 'fine', note: `made by round ${activeRound.number}` };
  }
  const newer = judgements.sinceLastRound;
  if (newer > 0) return { ...base, health: 'stale', note: `${count(newer)} newer judgements` };
  return { ...base, health: 'fine', note: 'knows all judgements' };
}

function policyStation({ policy, activeRound, lastRounds }: LoopState, stage: string | null): Station {
  const { winRate, checkpointId, name, newestAt } = policy;
  const base = {
    name: 'policy',
    title: 'Policy',
    figure: winRate === null ? '-' : percent(winRate),
    unit: winRate === null ? 'not compared' : 'win rate over base',
    path: '/checkpoints?kind=policy',
    newestAt,
    progress: null,
  } as const;
  if (stage === 'policy') {
    return { ...base, health: 'working', note: 'learning', progress: activeRound?.progress.fraction ?? null };
  }
  if (checkpointId === null) return { ...base, health: 'needs-you', note: 'no model yet' };
  const last = lastRounds.find((round) => round.endedAt !== null);
  if (activeRound === null && (last?.state === 'failed' || last?.state === 'diverged')) {
    return { ...base, health: 'needs-you', note: `round ${last.number} ${last.state}` };
  }
  return { ...base, health: 'fine', note: name ?? 'in use' };
}

/** Which arrows move: work is passing from one station to the next. */
export function movingFlows({ loop, isJudging }: LoopSigns): Set<Flow> {
  const moving = new Set<Flow>();
  if (isJudging) moving.add('outputs-judgements');
  const stage = stageOf(loop);
  if (stage === 'snapshot' || stage === 'reward') moving.add('judgements-reward');
  if (stage === 'policy') moving.add('reward-policy');
  if (stage === 'sample' || stage === 'queue') {
    moving.add('policy-outputs');
    moving.add('prompts-outputs');
  }
  return moving;
}
