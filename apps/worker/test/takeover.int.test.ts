import { readdir, rm } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { startRound } from '@rankloop/core';
import { createTestDatabase, eventually, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDataDir, makeTinyProject, withPpo } from './tiny-project.ts';
import { startWorkerProgram, type WorkerProgram } from './worker-program.ts';

let database: TestDatabase;
let dataDir: string;
const workers: WorkerProgram[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await freshDataDir();
});
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.end('SIGKILL')));
  await database.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** Where many processes wait for each processor, seconds say nothing of ours. */
const isCrowded = () => (loadavg()[0] ?? 0) > 4 * availableParallelism();

test('a worker that is killed in the middle of PPO is noticed within 15 s by one that is up, which goes on there', async () => {
  const { prisma } = database.db;
  const { projectId, policyId } = await makeTinyProject(prisma, dataDir, { tasks: 8 });
  const iterations = 80;
  const { id: roundId } = await startRound({
    prisma,
    projectId,
    actor: { userId: null },
    config: { ...withPpo({ iterations }), newTasks: 4, comparePrompts: 4 },
  });
  const read = () => prisma.round.findUniqueOrThrow({ where: { id: roundId } });
  const begin = async () => {
    const worker = await startWorkerProgram({ databaseUrl: database.url, dataDir, saveEveryMs: 300 });
    workers.push(worker);
    return worker;
  };
  const killed = await begin();
  // The second one comes when the first has the round.
  await eventually(async () => (await read()).state === 'running', { timeoutMs: 120_000 });
  const other = await begin();
  await eventually(async () => (await savedSteps()).length > 0, {
    timeoutMs: 180_000,
    intervalMs: 10,
    what: 'a saved state of PPO',
  });
  await killed.end('SIGKILL');
  const { attempt, heartbeatAt } = await read();
  expect(attempt).toBe(1);
  const [savedStep = 0] = await savedSteps();

  const taken = await eventually(
    async () => {
      const round = await read();
      const isTaken = round.attempt === 2 && round.state !== 'queued';
      return isTaken ? { workerId: round.workerId, atMs: Date.now() } : null;
    },
    { timeoutMs: 120_000, intervalMs: 20, what: 'another worker that has the round' },
  );
  expect(taken.atMs - (heartbeatAt?.getTime() ?? 0)).toBeLessThan(isCrowded() ? 60_000 : 15_000);
  expect(taken.workerId).toContain(`-${other.pid}-`);

  const round = await eventually(async () => ((await read()).endedAt ? read() : null), {
    timeoutMs: 300_000,
    intervalMs: 50,
    what: 'the end of the round',
  });
  expect(round).toMatchObject({ state: 'succeeded', attempt: 2 });
  const log = await prisma.roundLog.findMany({ where: { roundId } });
  const wentOn = log.flatMap(({ message }) => /^"ppo" goes on after step (\d+)\. (.*)$/.exec(message) ?? []);
  expect(Number(wentOn[1])).toBeGreaterThanOrEqual(savedStep);
  expect(wentOn[2]).toBe('Its numbers are those of a run without a stop.');
  // Every iteration once, the later ones by the second attempt.
  const curve = await prisma.metric.findMany({
    where: { roundId, stage: 'ppo', name: 'objective/kl' },
    orderBy: { step: 'asc' },
  });
  expect(curve.map(({ step }) => step)).toEqual(Array.from({ length: iterations }, (_, i) => i + 1));
  expect(curve.every(({ step, attempt: by }) => by === (step <= Number(wentOn[1]) ? 1 : 2))).toBe(true);
  const promoted = await prisma.checkpoint.findMany({
    where: { projectId, promotedAt: { not: null }, id: { not: policyId } },
  });
  expect(promoted).toMatchObject([{ roundId, stage: 'ppo', attempt: 2 }]);
}, 900_000);

/** Newest first. */
async function savedSteps(): Promise<number[]> {
  const names = await readdir(join(dataDir, 'progress')).catch(() => []);
  const steps = names.flatMap((name) => /\.ppo\.(\d+)-/.exec(name)?.[1] ?? []);
  return steps.map(Number).sort((a, b) => b - a);
}
