import { describe, expect, test } from 'vitest';
import { nextStep, type LoopFacts } from './next-step.ts';

const facts = (change: Partial<LoopFacts>): LoopFacts => ({
  prompts: 300,
  openTasks: 200,
  sinceLastRound: 0,
  lastRoundNumber: null,
  accuracy: null,
  hasPolicy: true,
  canSimulate: false,
  activeRound: null,
  ...change,
});

describe('the next step', () => {
  test.each([
    [
      'a round that runs is to be watched',
      { activeRound: { number: 2, stage: 'ppo', fraction: 0.4 } },
      'watch_round',
    ],
    ['without prompts, import', { prompts: 0 }, 'import'],
    ['without open tasks and news, import', { openTasks: 0 }, 'import'],
    ['too few judgements: label', { sinceLastRound: 20 }, 'label'],
    ['too few judgements in the demo: simulate', { sinceLastRound: 20, canSimulate: true }, 'simulate'],
    ['enough judgements: start a round', { sinceLastRound: 212 }, 'start_round'],
    [
      'few judgements but nothing left to label: start a round',
      { sinceLastRound: 20, openTasks: 0 },
      'start_round',
    ],
    ['enough judgements, no model: nothing to press', { sinceLastRound: 212, hasPolicy: false }, 'none'],
  ] as const)('%s', (_name, change, action) => {
    expect(nextStep(facts(change)).action).toBe(action);
  });

  test('says how many judgements are new, and how good the reward model was', () => {
    const { sentence } = nextStep(facts({ sinceLastRound: 212, lastRoundNumber: 3, accuracy: 0.714 }));
    expect(sentence).toBe(
      '212 new judgements since round 3; the reward model agreed with 71 % of held-out pairs. Start a round now.',
    );
  });
});
