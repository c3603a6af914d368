import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { RoundConfig, type FormSpec } from '@rankloop/contracts';
import { startRound } from '@rankloop/core';
import { openQueues, prepareQueues } from '@rankloop/jobs';
import { createTestDatabase, eventually, type TestDatabase } from '@rankloop/testkit';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorker, type Worker } from '../src/worker.ts';
import { freshDataDir, makeTinyProject, tinyConfig } from './tiny-project.ts';

let database: TestDatabase;
let dataDir: string;
let worker: Worker;
beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await freshDataDir();
  const namespace = `divergence_${randomBytes(5).toString('hex')}`;
  const backend = { kind: 'postgres', url: database.url } as const;
  await prepareQueues(backend, namespace);
  worker = await startWorker({
    db: database.db,
    queues: openQueues({ backend, namespace }),
    dataDir,
    logger: pino({ level: 'silent' }),
    isDemo: false,
    apiOrigin: undefined,
  });
});
afterAll(async () => {
  await worker.stop();
  await database.close();
  await rm(dataDir, { recursive: true, force: true });
});

const prisma = () => database.db.prisma;

/** Rankings, and thumbs that agree with them. */
const form: FormSpec = {
  ranking: { allowTies: true, allowPartial: true },
  ratings: {
    dimensions: [{ id: 'overall', label: 'Overall', help: '', scale: 'thumbs', required: true }],
  },
};
const thumbs = (_: number, ids: readonly string[]) => ({
  scores: Object.fromEntries(ids.map((id, k) => [id, { overall: k < 2 ? 1 : 0 }])),
});

/** How a round over these stages ends, and whether the policy in use is still the one from before. */
async function runOver(stages: RoundConfig['stages'], { isBroken = false } = {}) {
  const { projectId, policyId } = await makeTinyProject(prisma(), dataDir, {
    isBroken,
    form,
    saying: thumbs,
  });
  const config = { ...tinyConfig, stages };
  const { id } = await startRound({ prisma: prisma(), projectId, actor: { userId: null }, config });
  const round = await eventually(
    async () => {
      const found = await prisma().round.findUniqueOrThrow({ where: { id } });
      return found.endedAt && found;
    },
    { timeoutMs: 170_000, intervalMs: 50, what: 'the end of the round' },
  );
  const { currentPolicyId } = await prisma().project.findUniqueOrThrow({ where: { id: projectId } });
  const steps = await prisma().metric.aggregate({ where: { roundId: id }, _max: { step: true } });
  const tasks = await prisma().task.count({ where: { roundId: id } });
  return { round, isAsBefore: currentPolicyId === policyId && tasks === 0, lastStep: steps._max.step ?? 0 };
}

const reward = RoundConfig.parse({
  stages: [{ recipe: 'reward', config: { batchPrompts: 8, normalisationSamples: 16 } }],
});
/** The highest that the settings allow: a thousand times the default. */
const learningRate = 0.1;
const few = {
  learningRate,
  iterations: 8,
  divergenceKl: 1,
  maxNewTokens: 16,
  samplePrompts: 2,
  weighByConfidence: false,
};
const stagesOf = (stage: unknown) => RoundConfig.parse({ stages: [...reward.stages, stage] }).stages;

test.each([
  { recipe: 'reward and PPO', stages: tinyConfig.stages },
  { recipe: 'DPO', stages: RoundConfig.parse({ stages: [{ recipe: 'dpo' }] }).stages },
])('weights that are no numbers end a round in its first step: $recipe', async ({ stages }) => {
  const { round, isAsBefore, lastStep } = await runOver(stages, { isBroken: true });
  expect(round).toMatchObject({
    state: 'diverged',
    reason: expect.stringContaining('not a number') as string,
  });
  expect(lastStep).toBeLessThanOrEqual(1);
  expect(isAsBefore).toBe(true);
});

test.each([
  {
    recipe: 'PPO',
    stage: { recipe: 'ppo', config: { ...few, episodesPerIteration: 16, minibatchEpisodes: 8 } },
  },
  {
    recipe: 'REINFORCE',
    stage: {
      recipe: 'reinforce',
      config: { ...few, promptsPerIteration: 4, outputsPerPrompt: 4, minibatchEpisodes: 8 },
    },
  },
  { recipe: 'DPO', stage: { recipe: 'dpo', config: { learningRate, batchPairs: 8, epochs: 6 } } },
  { recipe: 'KTO', stage: { recipe: 'kto', config: { learningRate, batchSize: 8, epochs: 6 } } },
])(
  'a policy that runs away at a thousand times the learning rate is never put in use: $recipe',
  async ({ stage }) => {
    const { round, isAsBefore } = await runOver(stagesOf(stage));
    expect(round).toMatchObject({
      state: 'diverged',
      reason: expect.stringContaining('learning rate') as string,
    });
    expect(isAsBefore).toBe(true);
  },
);

test('a reward model at a thousand times the learning rate is refused before it is trained', () => {
  const ofReward = { recipe: 'reward', config: { learningRate: 1000 * 3e-4 } };
  expect(RoundConfig.safeParse({ stages: [ofReward] }).error?.issues).toMatchObject([
    { code: 'too_big', path: ['stages', 0, 'config', 'learningRate'] },
  ]);
});
