import { RoundConfig, type FormSpec, type StageSpecInput } from '@rankloop/contracts';
import { createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judgeNewTask, makeProject, type JudgedProject } from '../../test/judged-project.ts';
import { addCorpus } from '../corpora/index.ts';
import { checkRound, getRound, listRounds, startRound } from './index.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let database: TestDatabase;
let dataDir: string;
beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'rankloop-check-'));
});
afterAll(async () => {
  await database.close();
  await rm(dataDir, { recursive: true });
});
const prisma = () => database.db.prisma;

const FORM: FormSpec = {
  ranking: { allowTies: true, allowPartial: true },
  ratings: {
    dimensions: [
      { id: 'overall', label: 'Overall', help: '', scale: '1-7', required: true },
      { id: 'fine', label: 'Fine', help: '', scale: 'thumbs', required: true },
    ],
  },
  demonstration: { required: false },
};
const configOf = (...stages: StageSpecInput[]) => RoundConfig.parse({ stages });
const check = async ({ projectId }: JudgedProject, ...stages: StageSpecInput[]) =>
  (await checkRound({ prisma: prisma(), projectId, config: configOf(...stages) })).blockers;
const project = async (said?: Parameters<typeof judgeNewTask>[2]) => {
  const made = await makeProject(prisma(), { form: FORM });
  for (let i = 0; i < 2; i++) await judgeNewTask(prisma(), made, said);
  return made;
};
const TIES = [1, 1, 1, 1];

describe('what a stage needs and nobody gave is named before the start', () => {
  test.each<[string, StageSpecInput, Parameters<typeof judgeNewTask>[2], string | null]>([
    ['pairs for DPO', { recipe: 'dpo' }, { ranks: TIES }, 'prefers one output over another'],
    ['pairs for a reward model', { recipe: 'reward' }, { ranks: TIES }, 'prefers one output over another'],
    [
      'ratings for regression',
      { recipe: 'reward', config: { objective: 'regression' } },
      {},
      'learns from ratings',
    ],
    [
      'none for regression where there are ratings',
      { recipe: 'reward', config: { objective: 'regression' } },
      { ranks: TIES, marks: { dimension: 'overall', values: [7, 1, 1, 1] } },
      null,
    ],
    ['texts for SFT', { recipe: 'sft' }, {}, 'learns from demonstrations or corrections'],
    ['none for SFT where there are demonstrations', { recipe: 'sft' }, { demonstration: 'Ideal.' }, null],
    ['none for SFT on chosen outputs', { recipe: 'sft', config: { chosen: true } }, {}, null],
    [
      'thumbs for KTO',
      { recipe: 'kto' },
      { marks: { dimension: 'overall', values: [7] } },
      'thumbs up and down',
    ],
    [
      'thumbs of both kinds for KTO',
      { recipe: 'kto' },
      { marks: { dimension: 'fine', values: [1, 1, 1, 1] } },
      'all of them are up',
    ],
    [
      'ratings that differ for regression',
      { recipe: 'reward', config: { objective: 'regression' } },
      { marks: { dimension: 'overall', values: [4, 4, 4, 4] } },
      'all of them are the same',
    ],
    [
      'none for KTO where there are thumbs',
      { recipe: 'kto' },
      { marks: { dimension: 'fine', values: [1, 0] } },
      null,
    ],
    [
      'outputs of our own for online learning',
      { recipe: 'online' },
      { marks: { dimension: 'overall', values: [7, 1, 1, 1] } },
      'that a round of this project drew',
    ],
  ])('%s', async (_what, stage, said, says) => {
    const blockers = await check(await project(said), stage);
    if (says === null) expect(blockers).toEqual([]);
    else expect(blockers.join()).toContain(says);
  });

  test('a corpus for pretraining text mixed in, by its name', async () => {
    const made = await project();
    const ptx = { ptxCoefficient: 1 };
    const mixed = (corpus?: string) =>
      check(made, { recipe: 'reward' }, { recipe: 'ppo', config: ptx, ...(corpus && { corpus }) });
    expect((await mixed()).join()).toContain('corpus add');
    const { projectId } = made;
    await addCorpus({
      prisma: prisma(),
      dataDir,
      actor: { userId: null },
      projectId,
      name: 'books',
      texts: ['One.'],
    });
    expect(await mixed()).toEqual([]);
    expect(await mixed('books')).toEqual([]);
    expect((await mixed('news')).join()).toContain('no corpus called news');
  });

  test('outputs that a round drew, once people have rated them, are enough for online learning', async () => {
    const made = await project({ marks: { dimension: 'overall', values: [7, 1, 1, 1] } });
    await prisma().completion.updateMany({
      where: { projectId: made.projectId },
      data: { source: 'sampled', tokenIds: [1], logProbs: [-1, -1] },
    });
    expect(await check(made, { recipe: 'online' })).toEqual([]);
  });
});

test('a round has one stage per stage of its list, and its progress is shared out by their recipes', async () => {
  const made = await project({ demonstration: 'Ideal.' });
  const { projectId } = made;
  const config = configOf(
    { recipe: 'sft' },
    { name: 'judge', recipe: 'reward', from: 'sft' },
    { name: 'polish', recipe: 'ppo', policy: 'sft', reward: 'judge' },
  );
  const { id: roundId } = await startRound({ prisma: prisma(), projectId, actor: { userId: null }, config });
  const done = ['snapshot', 'sft', 'judge'];
  await prisma().stage.updateMany({ where: { roundId, name: { in: done } }, data: { state: 'done' } });
  await prisma().stage.updateMany({
    where: { roundId, name: 'polish' },
    data: { state: 'running', step: 1, totalSteps: 2, startedAt: new Date() },
  });
  const round = await getRound({ prisma: prisma(), projectId, roundId });
  expect(round.recipe).toBe('ppo');
  expect(round.stages.map(({ name, recipe }) => [name, recipe])).toEqual([
    ['snapshot', null],
    ['sft', 'sft'],
    ['judge', 'reward'],
    ['polish', 'ppo'],
    ['sample', null],
    ['queue', null],
  ]);
  expect(round.progress).toMatchObject({ stage: 'polish', recipe: 'ppo' });
  // (0.02 + 0.3 + 0.2 + 0.6 / 2) / 1.3
  expect(round.progress.fraction).toBeCloseTo(0.82 / 1.3);
});

test('a round stored in the shape of before is shown, listed and started again', async () => {
  const made = await project();
  const { projectId } = made;
  const { id: roundId } = await startRound({ prisma: prisma(), projectId, actor: { userId: null } });
  const old = { recipe: 'ppo', seed: 7, reward: { epochs: 2 }, ppo: { iterations: 3 }, sampling: {} };
  await prisma().round.update({ where: { id: roundId }, data: { config: old, state: 'cancelled' } });
  const { config, stages } = await getRound({ prisma: prisma(), projectId, roundId });
  expect(config).toMatchObject({
    seed: 7,
    stages: [
      { name: 'reward', config: { epochs: 2 } },
      { name: 'ppo', config: { iterations: 3 } },
    ],
  });
  expect(stages.map(({ recipe }) => recipe)).toEqual([null, 'reward', 'ppo', null, null]);
  expect((await listRounds({ prisma: prisma(), projectId, limit: 5 })).items).toHaveLength(1);
  const again = await startRound({ prisma: prisma(), projectId, actor: { userId: null }, config });
  expect(again.config).toEqual(config);
});
