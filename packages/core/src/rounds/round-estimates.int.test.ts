import { ROUND_PRESETS } from '@rankloop/contracts';
import { createPrompt, createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeProject, makeRound } from '../../test/recorded-rounds.ts';
import { partsOf } from './round-work.ts';
import { draftRound, findUnmeasured, storeSpeed } from './index.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
const prisma = () => database.db.prisma;

test('an estimate adds up what the parts of earlier rounds took on this engine with a model of this size', async () => {
  const project = await makeProject(prisma());
  const { config } = ROUND_PRESETS.tiny;
  const engine = { name: 'wasm', threads: 2, why: '' };
  await prisma().checkpoint.update({
    where: { id: project.policyId },
    data: { manifest: { 'model.safetensors': { bytes: 1000, sha256: 'x' } } },
  });
  await prisma().workerProcess.create({
    data: { id: randomUUID(), hostname: 'here', pid: 1, version: '1', engine },
  });
  const startedAt = new Date('2026-01-01T00:00:00Z');
  const round = await prisma().round.create({
    data: {
      projectId: project.projectId,
      number: 1,
      state: 'succeeded',
      recipe: 'ppo',
      config,
      engine,
      baseCheckpointId: project.policyId,
      startedAt,
      endedAt: new Date(),
    },
  });
  // Each part takes ten seconds more than the one before; the first is the time until the first stage.
  let at = startedAt.getTime();
  const parts = partsOf(config, { judgements: 0, outputs: 0, pairs: 0, targets: 0 });
  for (const [i, seconds] of parts.map((_, i) => (i + 1) * 10).entries()) {
    const from = at;
    at += seconds * 1000;
    if (i === 0) continue;
    await prisma().stage.create({
      data: {
        roundId: round.id,
        position: i - 1,
        name: parts[i]?.part ?? '',
        state: 'done',
        startedAt: new Date(from),
        endedAt: new Date(at),
      },
    });
  }
  const { estimate } = await draftRound({ prisma: prisma(), projectId: project.projectId });
  // The draft is of the standard round: the same recipes with far more work.
  expect(estimate).toMatchObject({ basis: 'rounds', rounds: 1 });
  expect(estimate?.seconds).toBeGreaterThan(210);
  await prisma().workerProcess.updateMany({ data: { engine: { ...engine, name: 'native' } } });
  const other = await draftRound({ prisma: prisma(), projectId: project.projectId });
  expect(other.estimate?.basis).toBe('guess');
});

test('a machine is measured once for each size of model, while no round is due, and estimates use it', async () => {
  const project = await makeProject(prisma());
  const { projectId, policyId } = project;
  const [workerId, hostname] = [randomUUID(), randomUUID()];
  const find = () => findUnmeasured(prisma(), { workerId, hostname });
  const worker = { id: workerId, hostname, pid: 1, version: '1', seenAt: new Date(Date.now() + 60_000) };
  await prisma().project.updateMany({ where: { id: { not: projectId } }, data: { currentPolicyId: null } });
  const manifest = { 'model.safetensors': { bytes: 5000, sha256: 'x' } };
  await prisma().checkpoint.update({ where: { id: policyId }, data: { manifest } });
  await prisma().workerProcess.create({ data: worker });
  await prisma().round.updateMany({ data: { state: 'failed' } });
  // Neither the engine nor a prompt is known yet.
  expect(await find()).toBeNull();
  await prisma().workerProcess.update({
    where: { id: workerId },
    data: { engine: { name: 'wasm', threads: 1 } },
  });
  expect(await find()).toBeNull();
  await createPrompt(prisma(), { projectId, text: 'Tea' });
  const found = await find();
  expect(found).toMatchObject({ engine: 'wasm 1', modelBytes: 5000, prompts: [{ text: 'Tea' }] });
  expect(
    await findUnmeasured(prisma(), { workerId, hostname, without: new Set([found?.folder ?? '']) }),
  ).toBeNull();
  const round = await makeRound(prisma(), project, { state: 'queued' });
  expect(await find()).toBeNull();
  await prisma().round.update({ where: { id: round.id }, data: { state: 'failed' } });
  const estimateOf = async () => (await draftRound({ prisma: prisma(), projectId })).estimate;
  expect((await estimateOf())?.basis).not.toBe('speed');

  const speed = {
    startSeconds: 1,
    commandSeconds: 1,
    drawTokenSeconds: 1e-3,
    learnTokenSeconds: 1e-3,
    promptTokens: 10,
    outputTokens: 20,
  };
  await storeSpeed(prisma(), { hostname, engine: 'wasm 1', modelBytes: 5000, speed });
  expect(await find()).toBeNull();
  expect(await estimateOf()).toMatchObject({ basis: 'speed' });
  // A model of nearly the same size costs the same; of another it is not known.
  const resize = (bytes: number) =>
    prisma().checkpoint.update({
      where: { id: policyId },
      data: { manifest: { 'model.safetensors': { bytes, sha256: 'x' } } },
    });
  await resize(5200);
  expect(await find()).toBeNull();
  await resize(9000);
  expect(await find()).toMatchObject({ modelBytes: 9000 });
});
