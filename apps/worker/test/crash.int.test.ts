import { rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { getStage, RoundConfig } from '@rankloop/contracts';
import { findCheckpointDamage, startRound, sweepCheckpoints, CheckpointManifest } from '@rankloop/core';
import { createTestDatabase, eventually, type TestDatabase } from '@rankloop/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { freshDataDir, makeTinyProject, withPpo, type TinyProject } from './tiny-project.ts';
import { isAlive, startWorkerProgram, type WorkerProgram } from './worker-program.ts';

let database: TestDatabase;
let dataDir: string;
let worker: WorkerProgram | undefined;
const everTraining = new Set<number>();

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await freshDataDir();
});
afterEach(() => stopWorker('SIGKILL'));
afterAll(async () => {
  await database.close();
  await rm(dataDir, { recursive: true, force: true });
});

const config: RoundConfig = {
  ...withPpo({ iterations: 4 }),
  newTasks: 4,
  comparePrompts: 4,
};
const prisma = () => database.db.prisma;
const up = async () => (worker ??= await startWorkerProgram({ databaseUrl: database.url, dataDir }));
const stopWorker = async (signal: 'SIGKILL' | 'SIGTERM') => {
  for (const pid of worker?.trainingPids ?? []) everTraining.add(pid);
  await worker?.end(signal);
  worker = undefined;
};
const read = (id: string) => prisma().round.findUniqueOrThrow({ where: { id } });

/** Runs a round, does `harm` somewhere within it, and waits for its end. */
async function runRoundWith(
  harm: (roundId: string) => Promise<void>,
  settings = config,
): Promise<{ project: TinyProject; roundId: string }> {
  const project = await makeTinyProject(prisma(), dataDir, { tasks: 8 });
  const { id: roundId } = await startRound({
    prisma: prisma(),
    projectId: project.projectId,
    actor: { userId: null },
    config: settings,
  });
  await up();
  await eventually(async () => (await read(roundId)).startedAt, { timeoutMs: 120_000 });
  await harm(roundId);
  await up();
  await eventually(async () => (await read(roundId)).endedAt, {
    timeoutMs: 400_000,
    intervalMs: 100,
    what: `the end of the round; the worker said:\n${worker?.output() ?? ''}`,
  });
  return { project, roundId };
}

/** Exactly one policy of the round in use, or a clean failure; every checkpoint whole; nothing left running. */
async function expectWhole({ project, roundId }: { project: TinyProject; roundId: string }): Promise<string> {
  const round = await read(roundId);
  const promoted = await prisma().checkpoint.findMany({ where: { roundId, promotedAt: { not: null } } });
  const { currentPolicyId } = await prisma().project.findUniqueOrThrow({ where: { id: project.projectId } });
  const tasks = await prisma().task.count({ where: { roundId } });
  if (round.state === 'succeeded') {
    expect(promoted.map(({ id }) => id)).toEqual([currentPolicyId]);
    expect(tasks).toBe(config.newTasks);
  } else {
    expect(round.state).toBe('failed');
    expect(round.reason).toBeTruthy();
    expect(promoted).toEqual([]);
    expect(currentPolicyId).toBe(project.policyId);
    expect(tasks).toBe(0);
  }
  const kept = await prisma().checkpoint.findMany({ where: { projectId: project.projectId } });
  for (const { folder, manifestHash, manifest } of kept) {
    const stored = { folder, manifestHash, manifest: CheckpointManifest.parse(manifest) };
    expect(await findCheckpointDamage(dataDir, stored)).toBeNull();
  }
  return round.state;
}

/** More of them: RANKLOOP_KILLS=20. Every point and fault by itself: `npm run bench -- crash`. */
const KILLS = Number(process.env['RANKLOOP_KILLS'] ?? 4);

test('killed at random moments, a round ends with exactly one new policy or a clean failure, and no process stays', async () => {
  const typical = await measureRound();
  const outcomes: string[] = [];
  for (let i = 0; i < KILLS; i++) {
    const victim = i % 2 === 0 ? 'worker' : 'child';
    const moment = Math.random() * typical;
    const result = await runRoundWith(async (roundId) => {
      await wait(moment);
      if (victim === 'worker') await killWorker(roundId);
      else killChild();
    });
    outcomes.push(`${victim} after ${Math.round(moment)} ms: ${await expectWhole(result)}`);
  }
  await stopWorker('SIGTERM');
  await eventually(() => [...everTraining].every((pid) => !isAlive(pid)), {
    what: 'the end of training processes',
  });
  // What crashes left behind is swept; what rows point at stays.
  await sweepCheckpoints(prisma(), dataDir, 0);
  expect(await sweepCheckpoints(prisma(), dataDir, 0)).toBe(0);
  expect(outcomes.filter((outcome) => outcome.endsWith('succeeded')).length).toBeGreaterThan(0);
}, 1_800_000);

test('killed in a later stage, a round goes on from its last finished one and trains no stage twice', async () => {
  const { reward, ppo } = {
    reward: getStage(config.stages, 'reward'),
    ppo: getStage(config.stages, 'ppo'),
  };
  const stages: RoundConfig['stages'] = [
    ...RoundConfig.parse({ stages: [{ recipe: 'dpo', config: { batchPairs: 32 } }] }).stages,
    { ...reward, from: 'dpo' },
    { ...ppo, policy: 'dpo', config: { ...ppo.config, iterations: 40 } },
  ];
  const result = await runRoundWith(
    async (roundId) => {
      await eventually(async () => (await prisma().metric.count({ where: { roundId, stage: 'ppo' } })) > 0, {
        timeoutMs: 180_000,
      });
      await killWorker(roundId);
    },
    { ...config, stages },
  );
  expect(await expectWhole(result)).toBe('succeeded');
  const made = await prisma().checkpoint.findMany({
    where: { roundId: result.roundId },
    orderBy: { createdAt: 'asc' },
    select: { stage: true, attempt: true },
  });
  expect(made).toEqual([
    { stage: 'dpo', attempt: 1 },
    { stage: 'reward', attempt: 1 },
    { stage: 'ppo', attempt: 2 },
  ]);
}, 600_000);

test('a worker that is told to stop gives its round back, and the next one finishes it', async () => {
  const result = await runRoundWith(async (roundId) => {
    await stopWorker('SIGTERM');
    const { state, attempt, restarts } = await read(roundId);
    if (state !== 'succeeded')
      expect({ state, attempt, restarts }).toEqual({ state: 'queued', attempt: 2, restarts: 0 });
  });
  expect(await expectWhole(result)).toBe('succeeded');
}, 600_000);

test('the training process is gone soon after its worker, however much of its round is left', async () => {
  const endless = { ...config, stages: withPpo({ iterations: 10_000 }).stages };
  const project = await makeTinyProject(prisma(), dataDir, { tasks: 8 });
  const { id: roundId } = await startRound({
    prisma: prisma(),
    projectId: project.projectId,
    actor: { userId: null },
    config: endless,
  });
  const program = await up();
  await eventually(async () => (await prisma().metric.count({ where: { roundId, stage: 'ppo' } })) > 0, {
    timeoutMs: 180_000,
  });
  const pid = program.trainingPids.at(-1) ?? 0;
  expect(isAlive(pid)).toBe(true);
  await stopWorker('SIGKILL');
  await eventually(() => !isAlive(pid), { timeoutMs: 15_000, what: 'the end of the training process' });
}, 600_000);

async function measureRound(): Promise<number> {
  const { roundId } = await runRoundWith(async () => undefined);
  const { startedAt, endedAt } = await read(roundId);
  return (endedAt?.getTime() ?? 0) - (startedAt?.getTime() ?? 0);
}

async function killWorker(roundId: string): Promise<void> {
  await stopWorker('SIGKILL');
  // Its silence would be noticed after 15 s: let them pass.
  await prisma().round.updateMany({
    where: { id: roundId, endedAt: null },
    data: { heartbeatAt: new Date(Date.now() - 60_000) },
  });
}

function killChild(): void {
  const pid = worker?.trainingPids.at(-1);
  if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGKILL');
}
