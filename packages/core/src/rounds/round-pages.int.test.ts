import { ROUND_PRESETS } from '@rankloop/contracts';
import type { Round } from '@rankloop/db';
import {
  createCheckpoint,
  createMember,
  createProject,
  createPrompt,
  createTestDatabase,
  type TestDatabase,
} from '@rankloop/testkit';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { partsOf } from './round-work.ts';
import {
  draftRound,
  findUnmeasured,
  getRoundCurves,
  getRoundMetrics,
  getRoundScores,
  listRounds,
  listRoundSamples,
  listRoundStarters,
  storeCurves,
  storeSpeed,
  thinMetrics,
} from './index.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
const prisma = () => database.db.prisma;

interface Made {
  projectId: string;
  policyId: string;
}

async function makeProject(): Promise<Made> {
  const { project } = await createProject(prisma());
  const policy = await createCheckpoint(prisma(), { projectId: project.id, current: true });
  return { projectId: project.id, policyId: policy.id };
}

async function makeRound(
  { projectId, policyId }: Made,
  fields: Partial<
    Pick<Round, 'state' | 'recipe' | 'createdById' | 'isAutomatic' | 'createdAt' | 'endedAt'>
  > = {},
): Promise<Round> {
  const number = 1 + (await prisma().round.count({ where: { projectId } }));
  return prisma().round.create({
    data: {
      projectId,
      number,
      state: 'succeeded',
      recipe: 'ppo',
      config: ROUND_PRESETS.tiny.config,
      baseCheckpointId: policyId,
      ...fields,
    },
  });
}

/** `values[i]` at step i + 1. */
async function record(
  roundId: string,
  name: string,
  values: readonly number[],
  stage = 'ppo',
): Promise<void> {
  await prisma().metric.createMany({
    data: values.map((value, i) => ({ roundId, attempt: 1, stage, name, step: i + 1, value })),
  });
}

const keyOf = ({ projectId }: Made, { id }: Round) => ({ prisma: prisma(), projectId, roundId: id });
const wave = (length: number) => Array.from({ length }, (_, i) => Math.sin(i / 50));

describe('a long curve', () => {
  test('is sent with its ends, its lowest and its highest value, and at most as many points as asked', async () => {
    const project = await makeProject();
    const round = await makeRound(project);
    const values = wave(3000).with(777, 99).with(2345, -99);
    await record(round.id, 'objective/kl', values);
    await record(round.id, 'loss', [3, 2, 1], 'reward');
    const { series } = await getRoundMetrics({ ...keyOf(project, round), points: 100 });
    const [kl, loss] = series;
    expect(series.map(({ stage, name }) => [stage, name])).toEqual([
      ['ppo', 'objective/kl'],
      ['reward', 'loss'],
    ]);
    expect(loss).toMatchObject({ steps: [1, 2, 3], values: [3, 2, 1] });
    expect(kl?.steps.length).toBeLessThanOrEqual(100);
    expect(kl?.steps.length).toBeGreaterThan(80);
    expect(kl?.steps).toEqual([...new Set(kl?.steps)].sort((a, b) => a - b));
    expect([kl?.steps[0], kl?.steps.at(-1)]).toEqual([1, 3000]);
    // Nothing is invented: each point is one that was recorded.
    expect(kl?.values).toEqual(kl?.steps.map((step) => values[step - 1]));
    expect(kl?.values).toEqual(expect.arrayContaining([99, -99]));
  });

  test('of which every tenth step was recorded is sent whole', async () => {
    const project = await makeProject();
    const round = await makeRound(project);
    const rows = Array.from({ length: 40 }, (_, i) => ({ step: (i + 1) * 10, value: i }));
    await prisma().metric.createMany({
      data: rows.map((row) => ({ ...row, roundId: round.id, attempt: 1, stage: 'ppo', name: 'loss' })),
    });
    const { series } = await getRoundMetrics({ ...keyOf(project, round), points: 100 });
    expect(series[0]?.values).toHaveLength(40);
  });
});

describe('the curves of a round that has ended', () => {
  const ended = async () => {
    const project = await makeProject();
    const round = await makeRound(project, {
      state: 'succeeded',
      endedAt: new Date('2026-01-02T03:04:05.678Z'),
    });
    await record(round.id, 'objective/scores', wave(3000).with(777, 99).with(2345, -99));
    await record(round.id, 'loss', [3, 2, 1], 'reward');
    const key = keyOf(project, round);
    const look = async () => {
      const [metrics, { items }, overlay] = await Promise.all([
        getRoundMetrics({ ...key, points: 1000 }),
        listRounds({ ...key, limit: 1 }),
        getRoundCurves({ ...key, rounds: [round.id], metric: 'objective/scores', points: 1000 }),
      ]);
      return { metrics, spark: items[0]?.spark, overlay };
    };
    const pointsOf = async (points: number) =>
      (await getRoundMetrics({ ...key, stage: 'ppo', points })).series[0]?.values ?? [];
    return { round, key, look, pointsOf };
  };

  test('are stored once, and show what its metrics showed', async () => {
    const { look, pointsOf } = await ended();
    const before = await look();
    expect(await storeCurves(prisma())).toBeGreaterThan(0);
    expect(await storeCurves(prisma())).toBe(0);
    const after = await look();
    expect(after.metrics).toEqual(before.metrics);
    expect(after.overlay).toEqual(before.overlay);
    expect(after.spark?.length).toBeLessThanOrEqual(60);
    for (const extreme of [99, -99]) expect(after.spark).toContain(extreme);
    // Fewer of what is stored; finer than that, from the metrics.
    expect((await pointsOf(100)).length).toBeLessThanOrEqual(100);
    expect(await pointsOf(5000)).toHaveLength(3000);
  });

  test('are read without its metrics, until it is tried again', async () => {
    const { round, look } = await ended();
    await storeCurves(prisma());
    const stored = await look();
    await prisma().metric.deleteMany({ where: { roundId: round.id } });
    expect(await look()).toEqual(stored);
    await prisma().round.update({ where: { id: round.id }, data: { state: 'running' } });
    expect((await look()).metrics.series).toEqual([]);
    await record(round.id, 'loss', [7], 'reward');
    // Between its next end and the next storing too.
    await prisma().round.update({ where: { id: round.id }, data: { state: 'failed', endedAt: new Date() } });
    const values = async () => (await look()).metrics.series.map((curve) => curve.values);
    expect(await values()).toEqual([[7]]);
    expect(await storeCurves(prisma())).toBe(1);
    expect(await values()).toEqual([[7]]);
    expect(await prisma().roundCurve.count({ where: { roundId: round.id } })).toBe(1);
  });

  test('are not stored while it runs', async () => {
    const { round } = await ended();
    await prisma().round.update({ where: { id: round.id }, data: { state: 'queued' } });
    await storeCurves(prisma());
    expect(await prisma().roundCurve.count({ where: { roundId: round.id } })).toBe(0);
  });
});

test('one metric of several rounds is overlaid, oldest first, and none of another project', async () => {
  const [project, other] = [await makeProject(), await makeProject()];
  const rounds = [await makeRound(project), await makeRound(project), await makeRound(project)];
  const foreign = await makeRound(other);
  const [first, second, third] = rounds;
  if (!first || !second || !third) throw new Error('no rounds');
  for (const { id } of [first, second, foreign]) await record(id, 'objective/kl', [1, 2]);
  await record(first.id, 'loss', [1], 'reward');
  const { metrics, curves } = await getRoundCurves({
    prisma: prisma(),
    projectId: project.projectId,
    rounds: [third.id, second.id, foreign.id, first.id, randomUUID()],
    metric: 'objective/kl',
    points: 100,
  });
  expect(metrics).toEqual(['loss', 'objective/kl']);
  expect(curves.map(({ roundNumber, stage, values }) => [roundNumber, stage, values])).toEqual([
    [1, 'ppo', [1, 2]],
    [2, 'ppo', [1, 2]],
  ]);
});

describe('the list of rounds', () => {
  test('is narrowed by state, recipe, person, rule and time, and its pages lose none', async () => {
    const project = await makeProject();
    const { projectId } = project;
    const { id: createdById } = await createMember(prisma(), projectId, 'researcher');
    const old = new Date(Date.now() - 86_400_000 * 10);
    await makeRound(project, { state: 'failed', createdById, createdAt: old });
    await makeRound(project, { recipe: 'dpo', createdById });
    await makeRound(project, { isAutomatic: true });
    await makeRound(project, { state: 'failed', recipe: 'dpo' });
    const list = async (filter: Partial<Parameters<typeof listRounds>[0]>) => {
      const numbers: number[] = [];
      let cursor: string | undefined;
      do {
        const page = await listRounds({ prisma: prisma(), projectId, limit: 1, cursor, ...filter });
        numbers.push(...page.items.map(({ number }) => number));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      return numbers.sort();
    };
    expect(await list({})).toEqual([1, 2, 3, 4]);
    expect(await list({ state: 'failed' })).toEqual([1, 4]);
    expect(await list({ recipe: 'dpo' })).toEqual([2, 4]);
    expect(await list({ startedBy: createdById })).toEqual([1, 2]);
    expect(await list({ startedBy: 'rule' })).toEqual([3]);
    const yesterday = new Date(Date.now() - 86_400_000).toISOString();
    expect(await list({ since: yesterday })).toEqual([2, 3, 4]);
    expect(await list({ until: yesterday })).toEqual([1]);
    expect(await list({ state: 'failed', startedBy: createdById, until: yesterday })).toEqual([1]);
    const { items } = await listRoundStarters({ prisma: prisma(), projectId });
    expect(items.map(({ id }) => id)).toEqual([createdById]);
  });

  test("draws each round's reward with at most 60 points, of the stage that made its policy", async () => {
    const project = await makeProject();
    const round = await makeRound(project);
    await record(round.id, 'objective/scores', wave(500));
    await record(round.id, 'objective/scores', [9], 'reward');
    const { items } = await listRounds({ prisma: prisma(), projectId: project.projectId, limit: 5 });
    expect(items[0]?.spark.length).toBeGreaterThan(40);
    expect(items[0]?.spark.length).toBeLessThanOrEqual(60);
    expect(items[0]?.spark).not.toContain(9);
  });
});

describe('the outputs of a round', () => {
  const drawn = async () => {
    const project = await makeProject();
    const round = await makeRound(project);
    const prompts = await Promise.all(
      ['First tea', 'Second_50% kettle', 'Third pot'].map((text) =>
        createPrompt(prisma(), { projectId: project.projectId, text }),
      ),
    );
    const scores = [
      { base: 1, now: 1.5, text: 'short' },
      { base: 0, now: 1.4, text: 'a much longer text' },
      { base: 2, now: 0, text: 'middle long' },
    ];
    for (const [i, { id: promptId }] of prompts.entries()) {
      const { base = 0, now = 0, text = '' } = scores[i] ?? {};
      const row = { roundId: round.id, attempt: 1, promptId };
      await prisma().roundSample.createMany({
        data: [
          { ...row, policy: 'base', step: 0, text: 'base', score: base },
          { ...row, policy: 'now', step: 1, text: 'early', score: -5, kl: 9 },
          { ...row, policy: 'now', step: 2, text, score: now, kl: i },
        ],
      });
    }
    const ids = prompts.map(({ id }) => id);
    const list = async (query: {
      search?: string;
      order?: 'drawn' | 'score' | 'change' | 'worst-change' | 'kl' | 'length';
    }) => {
      const found: number[] = [];
      let cursor: string | undefined;
      do {
        const page = await listRoundSamples({ ...keyOf(project, round), limit: 2, cursor, ...query });
        found.push(...page.items.map(({ promptId }) => ids.indexOf(promptId)));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      return found;
    };
    return { project, round, list };
  };

  test('are sorted by what the newest one has, over all pages', async () => {
    const { list } = await drawn();
    expect(await list({})).toEqual([0, 1, 2]);
    expect(await list({ order: 'score' })).toEqual([0, 1, 2]);
    expect(await list({ order: 'change' })).toEqual([1, 0, 2]);
    expect(await list({ order: 'worst-change' })).toEqual([2, 0, 1]);
    expect(await list({ order: 'kl' })).toEqual([2, 1, 0]);
    expect(await list({ order: 'length' })).toEqual([1, 2, 0]);
  });

  test('are as long as their tokens where these were counted, and as their characters where not', async () => {
    const { project, round, list } = await drawn();
    const longest = async () => (await list({ order: 'length' }))[0];
    expect(await longest()).toBe(1);
    for (const [i, text] of ['short', 'a much longer text', 'middle long'].entries())
      await prisma().roundSample.updateMany({ where: { roundId: round.id, text }, data: { tokens: 9 - i } });
    expect(await longest()).toBe(0);
    const { items } = await listRoundSamples({ ...keyOf(project, round), limit: 1, order: 'length' });
    expect(items[0]?.outputs.map(({ text, tokens }) => [text, tokens])).toEqual([
      ['base', null],
      ['early', null],
      ['short', 9],
    ]);
  });

  test('are found by words of the prompt or of any output, taken literally', async () => {
    const { list } = await drawn();
    expect(await list({ search: 'KETTLE' })).toEqual([1]);
    expect(await list({ search: 'longer' })).toEqual([1]);
    expect(await list({ search: 'early' })).toEqual([0, 1, 2]);
    expect(await list({ search: '50%' })).toEqual([1]);
    expect(await list({ search: 'Second%kettle' })).toEqual([]);
    expect(await list({ search: 'd_5' })).toEqual([1]);
  });

  test('are counted by their score, each policy at its newest step; reward stands against the KL of its step', async () => {
    const { project, round } = await drawn();
    await record(round.id, 'objective/kl', [0, 1, 4]);
    await record(round.id, 'objective/scores', [0, 2, 3, 9]);
    const { histogram, distance } = await getRoundScores(keyOf(project, round));
    expect(histogram.policies.map(({ policy, step, n }) => [policy, step, n])).toEqual([
      ['base', 0, 3],
      ['now', 2, 3],
    ]);
    expect([histogram.edges[0], histogram.edges.at(-1)]).toEqual([0, 2]);
    expect(distance).toEqual([{ stage: 'ppo', steps: [1, 2, 3], kl: [0, 1, 4], score: [0, 2, 3] }]);
  });
});

describe('thinning old rounds', () => {
  const DAY_MS = 86_400_000;
  const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS);
  const pointsOf = (roundId: string) => prisma().metric.count({ where: { roundId } });

  test('leaves ends and extremes of old rounds, all of newer and running ones, and is done once', async () => {
    const project = await makeProject();
    const old = await makeRound(project, { endedAt: daysAgo(40) });
    const recent = await makeRound(project, { endedAt: daysAgo(2) });
    const again = await makeRound(await makeProject(), { state: 'running', endedAt: daysAgo(40) });
    const values = wave(300).with(123, 7).with(222, -7);
    for (const { id } of [old, recent, again]) await record(id, 'loss', values);
    await record(old.id, 'kl', [1, 2, 3]);
    const thin = () => thinMetrics({ prisma: prisma(), endedBefore: daysAgo(30), points: 40 });
    expect(await thin()).toBeGreaterThan(250);
    const { series } = await getRoundMetrics({ ...keyOf(project, old), points: 1000 });
    const [kl, loss] = series;
    expect(kl?.values).toEqual([1, 2, 3]);
    expect(loss?.steps.length).toBeLessThanOrEqual(40);
    expect([loss?.steps[0], loss?.steps.at(-1)]).toEqual([1, 300]);
    expect(loss?.values).toEqual(expect.arrayContaining([7, -7]));
    expect([await pointsOf(recent.id), await pointsOf(again.id)]).toEqual([300, 300]);
    expect(await thin()).toBe(0);
  });
});

test('an estimate adds up what the parts of earlier rounds took on this engine with a model of this size', async () => {
  const project = await makeProject();
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
  const project = await makeProject();
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
  const round = await makeRound(project, { state: 'queued' });
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
