import { type LoopState, type RoundSummary } from '@rankloop/contracts';
import { describe, expect, it } from 'vitest';
import { movingFlows, stationsOf } from './loop-stations.ts';

const at = '2026-01-01T00:00:00Z';
const id = '00000000-0000-4000-8000-000000000001';

const round = (part: Partial<RoundSummary>): RoundSummary => ({
  id,
  number: 3,
  state: 'running',
  recipe: 'ppo',
  judgementCount: 10,
  snapshotHash: null,
  startedBy: null,
  isAutomatic: false,
  createdAt: at,
  startedAt: at,
  endedAt: null,
  reason: null,
  report: {},
  spark: [],
  progress: { stage: 'ppo', recipe: 'ppo', fraction: 0.5, secondsLeft: 60 },
  ...part,
});

const loop = (part: Partial<LoopState> = {}): LoopState => ({
  prompts: { count: 300, heldOut: 40, newestAt: at },
  outputs: { count: 1200, openTasks: 12, openJudgements: 24, newestAt: at },
  judgements: { count: 600, people: 3, sinceLastRound: 0, today: 20, newestAt: at },
  rewardModel: { checkpointId: id, accuracy: 0.71, accuracyLow: 0.6, accuracyHigh: 0.8, newestAt: at },
  policy: {
    checkpointId: id,
    name: 'policy 2',
    winRate: 0.8,
    winRateLow: 0.7,
    winRateHigh: 0.9,
    winRateJudge: 'gold',
    newestAt: at,
  },
  activeRound: null,
  lastRounds: [],
  next: { sentence: '', action: 'none' },
  ...part,
});

const healthOf = (state: LoopState, isJudging = false) =>
  Object.fromEntries(stationsOf({ loop: state, isJudging }).map(({ name, health }) => [name, health]));

describe('the loop', () => {
  it('has its five stations in order, each with its own page', () => {
    const stations = stationsOf({ loop: loop(), isJudging: false });
    expect(stations.map(({ name }) => name)).toEqual([
      'prompts',
      'outputs',
      'judgements',
      'reward',
      'policy',
    ]);
    expect(new Set(stations.map(({ path }) => path)).size).toBe(5);
  });

  it('waits for people while tasks are open', () => {
    expect(healthOf(loop())['outputs']).toBe('waiting');
  });

  it('calls the reward model stale as soon as there are newer judgements', () => {
    expect(healthOf(loop())['reward']).toBe('fine');
    const judgements = { count: 600, people: 3, sinceLastRound: 212, today: 20, newestAt: at };
    expect(healthOf(loop({ judgements }))['reward']).toBe('stale');
  });

  it('does not call a reward model stale that the running round has just made of these judgements', () => {
    const judgements = { count: 600, people: 3, sinceLastRound: 212, today: 20, newestAt: at };
    const during = (recipe: 'ppo' | 'reward') =>
      loop({
        judgements,
        activeRound: round({ progress: { stage: `my ${recipe}`, recipe, fraction: 0.5, secondsLeft: null } }),
      });
    expect(healthOf(during('ppo'))['reward']).toBe('fine');
    expect(healthOf(during('reward'))['reward']).toBe('working');
  });

  it('needs the reader where held-out labels do not confirm the newest reward model', () => {
    const confirmed = round({ number: 2, endedAt: at, report: { rewardConfidence: 0.8 } });
    const unconfirmed = round({ number: 3, endedAt: at, report: { rewardConfidence: 0 } });
    expect(healthOf(loop({ lastRounds: [unconfirmed, confirmed] }))['reward']).toBe('needs-you');
    expect(healthOf(loop({ lastRounds: [confirmed, unconfirmed] }))['reward']).toBe('fine');
  });

  it('needs the reader when a round failed, until another one runs', () => {
    const failed = round({ state: 'failed', endedAt: at });
    expect(healthOf(loop({ lastRounds: [failed] }))['policy']).toBe('needs-you');
    const active = round({
      number: 4,
      progress: { stage: 'reward', recipe: 'reward', fraction: 0.1, secondsLeft: null },
    });
    expect(healthOf(loop({ lastRounds: [active, failed], activeRound: active }))['policy']).toBe('fine');
  });

  it('needs prompts and a model before anything else', () => {
    const none = loop({
      prompts: { count: 0, heldOut: 0, newestAt: null },
      policy: { ...loop().policy, checkpointId: null, winRate: null },
    });
    expect(healthOf(none)).toMatchObject({ prompts: 'needs-you', policy: 'needs-you' });
  });
});

describe('the arrows of the loop', () => {
  const moving = (state: LoopState, isJudging = false) => [...movingFlows({ loop: state, isJudging })];

  it('rest while nothing flows, also when a round only waits for a worker', () => {
    expect(moving(loop())).toEqual([]);
    const queued = round({
      state: 'queued',
      progress: { stage: null, recipe: null, fraction: 0, secondsLeft: null },
    });
    expect(moving(loop({ activeRound: queued }))).toEqual([]);
  });

  it.each([
    ['helpful', 'reward', ['judgements-reward']],
    ['policy-gradient', 'ppo', ['reward-policy']],
    ['first', 'sft', ['reward-policy']],
    ['sample', null, ['policy-outputs', 'prompts-outputs']],
  ] as const)('move where the stage "%s" moves work', (stage, recipe, flows) => {
    const active = round({ progress: { stage, recipe, fraction: 0.5, secondsLeft: null } });
    expect(moving(loop({ activeRound: active }))).toEqual(flows);
  });

  it('move to the judgements while people judge', () => {
    expect(moving(loop(), true)).toEqual(['outputs-judgements']);
  });
});
