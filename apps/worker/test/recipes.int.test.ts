import { join } from 'node:path';
import {
  getStage,
  RECIPE_METRICS,
  RoundConfig,
  type RoundConfigInput,
  type FormSpec,
  type RoundDetail,
  type StageSpecInput,
} from '@rankloop/contracts';
import { addCorpus, findCheckpointDamage, CheckpointManifest, getRound, startRound } from '@rankloop/core';
import { eventually, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRunningWorker, type RunningWorker } from './running-worker.ts';
import { makeTinyProject, pretendDrawn, tinyConfig, type TinyProject } from './tiny-project.ts';

let running: RunningWorker;
let database: TestDatabase;
let dataDir: string;
beforeAll(async () => {
  running = await startRunningWorker();
  ({ database, dataDir } = running);
});
afterAll(() => running.close());

/** Asks for everything that any recipe learns from. */
const FORM: FormSpec = {
  ranking: { allowTies: true, allowPartial: true },
  ratings: {
    dimensions: [
      { id: 'overall', label: 'Overall', help: '', scale: '0-5', required: true },
      { id: 'fine', label: 'Fine', help: '', scale: 'thumbs', required: true },
    ],
  },
  correction: { required: false },
  demonstration: { required: false },
};

async function makeProject(): Promise<TinyProject> {
  const project = await makeTinyProject(database.db.prisma, dataDir, {
    form: FORM,
    saying: (i, ids) => ({
      scores: Object.fromEntries(ids.map((id, k) => [id, { overall: 5 - k, fine: k < 2 ? 1 : 0 }])),
      ...(i % 3 === 0 && { edits: { [ids[1] ?? '']: 'better.' } }),
      ...(i % 3 === 1 && { demonstration: 'ideal.' }),
    }),
  });
  await pretendDrawn(database.db.prisma, project.projectId, project.policyId);
  return project;
}

const few = { prompts: 4, candidates: 3, maxNewTokens: 4, batchSize: 4, measurePrompts: 4 };
const STAGES = {
  sft: { recipe: 'sft', config: { chosen: true, epochs: 1 } },
  reward: { recipe: 'reward', config: getStage(tinyConfig.stages, 'reward').config },
  ppo: {
    recipe: 'ppo',
    config: {
      ...getStage(tinyConfig.stages, 'ppo').config,
      iterations: 2,
      episodesPerIteration: 8,
      maxNewTokens: 6,
    },
  },
} as const;

/** Runs a round of these stages to its end, which must be a good one. */
async function run(
  project: TinyProject,
  stages: StageSpecInput[],
  more: Pick<RoundConfigInput, 'policiesPerTask'> = {},
): Promise<RoundDetail> {
  const { prisma } = database.db;
  const { projectId } = project;
  const config = RoundConfig.parse({ ...tinyConfig, newTasks: 3, comparePrompts: 4, stages, ...more });
  const { id: roundId } = await startRound({ prisma, projectId, actor: { userId: null }, config });
  await eventually(async () => (await prisma.round.findUniqueOrThrow({ where: { id: roundId } })).endedAt, {
    timeoutMs: 170_000,
    intervalMs: 100,
    what: 'the end of the round',
  });
  const round = await getRound({ prisma, projectId, roundId });
  expect({ state: round.state, reason: round.reason }).toEqual({ state: 'succeeded', reason: null });
  expect(round.stages.map(({ state }) => state)).toEqual(round.stages.map(() => 'done'));
  expect(await unexplained(round)).toEqual([]);
  return round;
}

/** Numbers that a stage has recorded and that its recipe does not name. */
async function unexplained({ id: roundId, stages }: RoundDetail): Promise<string[]> {
  const recorded = await database.db.prisma.metric.findMany({
    where: { roundId },
    distinct: ['stage', 'name'],
  });
  return recorded.flatMap(({ stage, name }) => {
    const recipe = stages.find((one) => one.name === stage)?.recipe;
    const names: readonly string[] = recipe ? RECIPE_METRICS[recipe] : [];
    return names.includes(name) ? [] : [`${stage}: ${name}`];
  });
}

const madeBy = (round: RoundDetail) => round.checkpoints.map(({ stage, kind }) => [stage, kind]);

/** The policy in use, which the round has promoted. */
async function policyOf({ projectId }: TinyProject) {
  const { currentPolicy } = await database.db.prisma.project.findUniqueOrThrow({
    where: { id: projectId },
    include: { currentPolicy: true },
  });
  if (!currentPolicy) throw new Error('No policy is in use.');
  return currentPolicy;
}

test('SFT, then a reward model, then PPO with pretraining text: each begins from what the one before has made', async () => {
  const project = await makeProject();
  const texts = Array.from({ length: 40 }, (_, i) => `abcdefg${'hij'.repeat(1 + (i % 5))}.`);
  const { prisma } = database.db;
  await addCorpus({
    prisma,
    dataDir,
    actor: { userId: null },
    projectId: project.projectId,
    name: 'words',
    texts,
  });
  const round = await run(project, [
    STAGES.sft,
    { ...STAGES.reward, from: 'sft' },
    {
      ...STAGES.ppo,
      name: 'ppo-ptx',
      policy: 'sft',
      config: { ...STAGES.ppo.config, ptxCoefficient: 1, ptxWindows: 4, ptxWindowTokens: 16 },
    },
  ]);
  expect(madeBy(round)).toEqual([
    ['sft', 'policy'],
    ['reward', 'reward'],
    ['ppo-ptx', 'policy'],
  ]);
  const [sft, reward, ppo] = await prisma.checkpoint.findMany({
    where: { roundId: round.id },
    orderBy: { createdAt: 'asc' },
  });
  expect([sft?.parentId, reward?.parentId, ppo?.parentId]).toEqual([project.policyId, sft?.id, sft?.id]);
  expect((await policyOf(project)).id).toBe(ppo?.id);
  expect(ppo?.name).toBe('Round 1');
  // Only the policy that the round ends with is in use, and ever was.
  expect(sft?.promotedAt).toBeNull();
  expect(round.report).toMatchObject({ newTasks: 3, winRate: { judge: 'reward model' } });
  expect(round.stages.map(({ recipe }) => recipe)).toEqual([null, 'sft', 'reward', 'ppo', null, null]);
  expect(round.stages[1]?.report.figures).toMatchObject({ trainTexts: expect.any(Number) as number });
});

test('REINFORCE, KTO and learning from scores train one after the other', async () => {
  const project = await makeProject();
  const round = await run(project, [
    { recipe: 'online', config: { epochs: 1, batchSamples: 16 } },
    { recipe: 'kto', policy: 'online', config: { batchSize: 8 } },
    STAGES.reward,
    {
      recipe: 'reinforce',
      policy: 'kto',
      config: {
        iterations: 2,
        promptsPerIteration: 4,
        outputsPerPrompt: 2,
        minibatchEpisodes: 8,
        maxNewTokens: 4,
        weighByConfidence: false,
        sampleEvery: 1,
        samplePrompts: 2,
      },
    },
  ]);
  expect(madeBy(round).map(([stage]) => stage)).toEqual(['online', 'kto', 'reward', 'reinforce']);
  expect(round.spark).toHaveLength(2);
});

test('RSO, DPO and two reward models in a mixture', async () => {
  const project = await makeProject();
  const mixture = [
    { stage: 'helpful', weight: 2 },
    { stage: 'harmless', weight: 1 },
  ];
  const round = await run(project, [
    { ...STAGES.reward, name: 'helpful' },
    { ...STAGES.reward, name: 'harmless', config: { ...STAGES.reward.config, epochs: 2 } },
    {
      recipe: 'rso',
      reward: mixture,
      config: { prompts: 4, candidates: 6, kept: 3, maxNewTokens: 4, batchPairs: 4, measurePrompts: 4 },
    },
    { recipe: 'dpo', policy: 'rso', reference: 'start', config: { batchPairs: 32 } },
  ]);
  expect(madeBy(round).map(([stage]) => stage)).toEqual(['helpful', 'harmless', 'rso', 'dpo']);
  expect(round.stages.find(({ name }) => name === 'rso')?.report.figures).toMatchObject({ drawn: 24 });
});

test('RAFT, ReST, and the best of n draws given to people beside single draws of the policy before', async () => {
  const project = await makeProject();
  const { candidates, prompts, maxNewTokens, measurePrompts } = few;
  const stages: StageSpecInput[] = [
    STAGES.reward,
    { recipe: 'raft', config: { ...few, iterations: 1 } },
    {
      recipe: 'rest',
      policy: 'raft',
      config: { ...few, growSteps: 1, improveSteps: 1, firstThreshold: 0.1, lastThreshold: 0.1 },
    },
    {
      recipe: 'best-of-n',
      policy: 'rest',
      config: { n: candidates, serve: true, prompts, maxNewTokens, measurePrompts },
    },
  ];
  const round = await run(project, stages, { policiesPerTask: 2 });
  expect(madeBy(round).map(([stage]) => stage)).toEqual(['reward', 'raft', 'rest', 'best-of-n']);
  const policy = await policyOf(project);
  const drawn = await database.db.prisma.completion.findMany({ where: { roundId: round.id } });
  expect(drawn.length).toBe(3 * tinyConfig.outputsPerTask);
  const byPolicy = (id: string | null) => drawn.filter(({ checkpointId }) => checkpointId === id);
  // Half of each task's outputs are of either policy.
  expect([byPolicy(policy.id).length, byPolicy(project.policyId).length]).toEqual([
    drawn.length / 2,
    drawn.length / 2,
  ]);
  // Who learns from their log-probabilities must know that each was chosen among several.
  for (const { sampling } of byPolicy(policy.id)) expect(sampling).toMatchObject({ bestOf: candidates });
  for (const { sampling } of byPolicy(project.policyId)) expect(sampling).not.toHaveProperty('bestOf');
  const manifest = CheckpointManifest.parse(policy.manifest);
  expect(await findCheckpointDamage(dataDir, { ...policy, manifest })).toBeNull();
  expect(join(dataDir, policy.folder)).toContain('best-of-n');
});

test('a round of a reward model of ratings alone ends well and leaves policy and tasks as they are', async () => {
  const project = await makeProject();
  const config = { ...STAGES.reward.config, objective: 'regression' as const, members: 2 };
  const round = await run(project, [{ ...STAGES.reward, config }]);
  expect(round.stages.map(({ name }) => name)).toEqual(['snapshot', 'reward', 'queue']);
  expect(round.recipe).toBe('reward');
  expect((await policyOf(project)).id).toBe(project.policyId);
  expect(await database.db.prisma.task.count({ where: { roundId: round.id } })).toBe(0);
});
