import type { LoopState } from '@rankloop/contracts';

/** Fewer new judgements than this rarely move a reward model. */
const WORTH_A_ROUND = 100;

const STAGE_WORDS: Record<string, string> = {
  snapshot: 'freezing the judgements',
  reward: 'training the reward model',
  ppo: 'improving the policy',
  sample: 'writing new outputs',
  queue: 'handing out new tasks',
};

export interface LoopFacts {
  prompts: number;
  openTasks: number;
  sinceLastRound: number;
  lastRoundNumber: number | null;
  /** Held-out accuracy of the newest reward model, 0..1. */
  accuracy: number | null;
  hasPolicy: boolean;
  canSimulate: boolean;
  activeRound: { number: number; stage: string | null; fraction: number } | null;
}

/** What happens next and why, in a sentence or two: the words beside the loop. */
export function nextStep(facts: LoopFacts): LoopState['next'] {
  const { activeRound, openTasks, sinceLastRound } = facts;
  if (activeRound) {
    const what = activeRound.stage === null ? 'waiting for a worker' : STAGE_WORDS[activeRound.stage];
    const percent = Math.round(activeRound.fraction * 100);
    return {
      sentence: `Round ${activeRound.number} is ${what ?? 'running'}, ${percent} % done.`,
      action: 'watch_round',
    };
  }
  if (facts.prompts === 0) {
    return { sentence: 'There are no prompts yet. Import some, with or without outputs.', action: 'import' };
  }
  if (openTasks === 0 && sinceLastRound === 0) {
    return { sentence: 'No outputs wait for people. Import prompts with outputs.', action: 'import' };
  }
  const have = describeJudgements(facts);
  if (sinceLastRound < WORTH_A_ROUND && openTasks > 0) {
    const missing = WORTH_A_ROUND - sinceLastRound;
    const more = sinceLastRound === 0 ? '' : ' more';
    const sentence = `${have} About ${missing}${more} make a round worthwhile.`;
    return facts.canSimulate
      ? { sentence: `${sentence} Label some, or let the simulated labelers do it.`, action: 'simulate' }
      : { sentence, action: 'label' };
  }
  if (!facts.hasPolicy) {
    return { sentence: `${have} There is no model to train yet.`, action: 'none' };
  }
  return { sentence: `${have} Start a round now.`, action: 'start_round' };
}

function describeJudgements({ sinceLastRound, lastRoundNumber, accuracy }: LoopFacts): string {
  const count = sinceLastRound === 1 ? '1 new judgement' : `${sinceLastRound} new judgements`;
  if (lastRoundNumber === null) return `${sinceLastRound === 0 ? 'No judgements yet' : count}.`;
  const known =
    accuracy === null
      ? ''
      : `; the reward model agreed with ${Math.round(accuracy * 100)} % of held-out pairs`;
  return `${count} since round ${lastRoundNumber}${known}.`;
}
