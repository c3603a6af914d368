import { RoundConfig, type RoundConfigInput } from '@rankloop/contracts';
import { expect, test } from 'vitest';
import { LineageGraph, type GraphCheckpoint, type GraphRound } from './lineage-graph.ts';

const made = (id: string, facts: Partial<GraphCheckpoint> = {}): GraphCheckpoint => ({
  id,
  kind: 'policy',
  parentId: null,
  roundId: null,
  attempt: null,
  stage: null,
  ...facts,
});
const round = (id: string, baseCheckpointId: string, stages: RoundConfigInput['stages']): GraphRound => ({
  id,
  baseCheckpointId,
  snapshotId: `data of ${id}`,
  config: RoundConfig.parse({ stages }),
});

/** Two rounds in a row: the second mixes two reward models and takes the first model of the line as reference. */
const rounds = [
  round('1', 'base', [{ recipe: 'reward' }, { recipe: 'ppo' }]),
  round('2', 'ppo-1', [
    { name: 'helpful', recipe: 'reward' },
    { name: 'short', recipe: 'reward', from: 'base' },
    {
      recipe: 'ppo',
      reward: [
        { stage: 'helpful', weight: 1 },
        { stage: 'short', weight: 1 },
      ],
    },
    { recipe: 'dpo', policy: 'ppo', reference: 'base' },
  ]),
];
const checkpoints = [
  made('base'),
  made('reward-1', { kind: 'reward', parentId: 'base', roundId: '1', attempt: 1, stage: 'reward' }),
  made('ppo-1', { parentId: 'base', roundId: '1', attempt: 1, stage: 'ppo' }),
  made('helpful-2', { kind: 'reward', parentId: 'ppo-1', roundId: '2', attempt: 1, stage: 'helpful' }),
  made('short-2', { kind: 'reward', parentId: 'base', roundId: '2', attempt: 1, stage: 'short' }),
  made('short-2-again', { kind: 'reward', parentId: 'base', roundId: '2', attempt: 2, stage: 'short' }),
  made('ppo-2', { parentId: 'ppo-1', roundId: '2', attempt: 2, stage: 'ppo' }),
  made('dpo-2', { parentId: 'ppo-2', roundId: '2', attempt: 3, stage: 'dpo' }),
  made('other'),
];
const graph = new LineageGraph(checkpoints, rounds);

test('a checkpoint is made of its parent and of all that its stage takes, as the latest attempt before it made that', () => {
  expect(graph.sourcesOf('ppo-1')).toEqual(['base', 'reward-1']);
  expect(graph.sourcesOf('ppo-2')).toEqual(['helpful-2', 'ppo-1', 'short-2-again']);
  expect(graph.sourcesOf('dpo-2')).toEqual(['base', 'ppo-2']);
  expect(graph.sourcesOf('base')).toEqual([]);
});

test('its line goes back to the beginning, the nearest first, each once', () => {
  expect(graph.ancestorsOf('dpo-2')).toEqual([
    'base',
    'ppo-2',
    'helpful-2',
    'ppo-1',
    'short-2-again',
    'reward-1',
  ]);
});

test('what comes from a checkpoint is found as well, however far', () => {
  expect(graph.childrenOf('reward-1')).toEqual(['ppo-1']);
  expect(graph.descendantsOf(['reward-1']).sort()).toEqual(['dpo-2', 'helpful-2', 'ppo-1', 'ppo-2']);
  expect(graph.descendantsOf(['other'])).toEqual([]);
});

test('of its round only the stages on which it depends are told, in their order', () => {
  const names = (id: string) => graph.stagesOf(id).map(({ name }) => name);
  expect(names('ppo-2')).toEqual(['helpful', 'short', 'ppo']);
  expect(names('helpful-2')).toEqual(['helpful']);
  expect(names('base')).toEqual([]);
});

test('a round whose settings no longer read leaves the parents', () => {
  const broken = new LineageGraph(checkpoints, [
    { id: '1', baseCheckpointId: 'base', snapshotId: null, config: { stages: 'gone' } },
  ]);
  expect(broken.sourcesOf('ppo-1')).toEqual(['base']);
});
