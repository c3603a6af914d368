import { cp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RewardConfig, RoundConfig } from '@rankloop/contracts';
import { cancelRound, newCheckpointFolder, startRound, storeCheckpoint } from '@rankloop/core';
import { eventually, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { limitMs } from './crowded.ts';
import { startRunningWorker, type RunningWorker } from './running-worker.ts';
import { makeTinyProject, tinyConfig, type TinyProject } from './tiny-project.ts';

let project: TinyProject;
let running: RunningWorker;
let database: TestDatabase;
let dataDir: string;
beforeAll(async () => {
  running = await startRunningWorker();
  ({ database, dataDir } = running);
  project = await makeTinyProject(database.db.prisma, dataDir);
});
afterAll(() => running.close());

const withReward = (changes: Partial<RewardConfig>): RoundConfig => ({
  ...tinyConfig,
  sampling: { ...tinyConfig.sampling, maxNewTokens: 40 },
  stages: tinyConfig.stages.map((stage) =>
    stage.recipe === 'reward' ? { ...stage, config: { ...stage.config, ...changes } } : stage,
  ),
});

const ended = (roundId: string) =>
  eventually(
    async () => {
      const round = await database.db.prisma.round.findUniqueOrThrow({ where: { id: roundId } });
      return round.endedAt && round;
    },
    { timeoutMs: 120_000, intervalMs: 50, what: 'the end of the round' },
  );

test.each([
  { where: 'within an epoch', settings: { batchPrompts: 1, epochs: 20, members: 16 } },
  // Two steps, and then the outputs that its scores are measured against.
  { where: 'while outputs are drawn', settings: { batchPrompts: 8, normalisationSamples: 4096 } },
])('a round that is cancelled $where has stopped within 2 s', async ({ settings }) => {
  const { prisma } = database.db;
  const { projectId } = project;
  const actor = { userId: null };
  const { id: roundId } = await startRound({ prisma, projectId, actor, config: withReward(settings) });
  await eventually(async () => (await prisma.metric.count({ where: { roundId, stage: 'reward' } })) > 0, {
    timeoutMs: 120_000,
  });
  const asked = performance.now();
  await cancelRound({ prisma, projectId, roundId, actor });
  const round = await ended(roundId);
  expect(performance.now() - asked).toBeLessThan(limitMs(2000));
  expect(round.state).toBe('cancelled');
  expect(await prisma.checkpoint.count({ where: { roundId } })).toBe(0);
});

test('a round whose policy is damaged begins from the one before it, and says so', async () => {
  const { prisma } = database.db;
  const { projectId, policyId } = await makeTinyProject(prisma, dataDir, { tasks: 8 });
  const damaged = await putCopyInUse(projectId, policyId);
  await truncate(join(dataDir, damaged.folder, 'model.safetensors'), 100);
  const { id: roundId } = await startRound({
    prisma,
    projectId,
    actor: { userId: null },
    config: tinyConfig,
  });
  expect(await ended(roundId)).toMatchObject({ state: 'succeeded', reason: null });
  const made = await prisma.checkpoint.findFirstOrThrow({ where: { roundId, kind: 'policy' } });
  expect(made.parentId).toBe(policyId);
  const warnings = await prisma.roundLog.findMany({ where: { roundId, level: 'warning' } });
  expect(warnings.map(({ message }) => message)).toContainEqual(
    expect.stringContaining('model.safetensors of the checkpoint is not what was written'),
  );
});

/** A policy that was made of the other one. */
async function putCopyInUse(projectId: string, parentId: string): Promise<{ folder: string }> {
  const { prisma } = database.db;
  const parent = await prisma.checkpoint.findUniqueOrThrow({ where: { id: parentId } });
  const folder = await newCheckpointFolder(dataDir);
  await cp(join(dataDir, parent.folder), folder, { recursive: true });
  await rm(join(folder, 'manifest.json'));
  // Other weights: the same ones would share their bytes on the disk, and their damage.
  const weights = join(folder, 'model.safetensors');
  const bytes = await readFile(weights);
  bytes.writeFloatLE(0, bytes.length - 4);
  await writeFile(weights, bytes);
  const stored = await storeCheckpoint(dataDir, folder, `copy-${projectId}`);
  const { id } = await prisma.checkpoint.create({
    data: { projectId, modelId: parent.modelId, kind: 'policy', name: 'Copy', parentId, ...stored },
  });
  await prisma.project.update({ where: { id: projectId }, data: { currentPolicyId: id } });
  return stored;
}
