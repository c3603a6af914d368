import { createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyOf, makeProject, makeRound, record, wave } from '../../test/recorded-rounds.ts';
import { getRoundCurves, getRoundMetrics, listRounds, storeCurves, thinMetrics } from './index.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
const prisma = () => database.db.prisma;

describe('a long curve', () => {
  test('is sent with its ends, its lowest and its highest value, and at most as many points as asked', async () => {
    const project = await makeProject(prisma());
    const round = await makeRound(prisma(), project);
    const values = wave(3000).with(777, 99).with(2345, -99);
    await record(prisma(), round.id, 'objective/kl', values);
    await record(prisma(), round.id, 'loss', [3, 2, 1], 'reward');
    const { series } = await getRoundMetrics({ ...keyOf(prisma(), project, round), points: 100 });
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
    const project = await makeProject(prisma());
    const round = await makeRound(prisma(), project);
    const rows = Array.from({ length: 40 }, (_, i) => ({ step: (i + 1) * 10, value: i }));
    await prisma().metric.createMany({
      data: rows.map((row) => ({ ...row, roundId: round.id, attempt: 1, stage: 'ppo', name: 'loss' })),
    });
    const { series } = await getRoundMetrics({ ...keyOf(prisma(), project, round), points: 100 });
    expect(series[0]?.values).toHaveLength(40);
  });
});

describe('the curves of a round that has ended', () => {
  const ended = async () => {
    const project = await makeProject(prisma());
    const round = await makeRound(prisma(), project, {
      state: 'succeeded',
      endedAt: new Date('2026-01-02T03:04:05.678Z'),
    });
    await record(prisma(), round.id, 'objective/scores', wave(3000).with(777, 99).with(2345, -99));
    await record(prisma(), round.id, 'loss', [3, 2, 1], 'reward');
    const key = keyOf(prisma(), project, round);
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
    await record(prisma(), round.id, 'loss', [7], 'reward');
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
  const [project, other] = [await makeProject(prisma()), await makeProject(prisma())];
  const rounds = [
    await makeRound(prisma(), project),
    await makeRound(prisma(), project),
    await makeRound(prisma(), project),
  ];
  const foreign = await makeRound(prisma(), other);
  const [first, second, third] = rounds;
  if (!first || !second || !third) throw new Error('no rounds');
  for (const { id } of [first, second, foreign]) await record(prisma(), id, 'objective/kl', [1, 2]);
  await record(prisma(), first.id, 'loss', [1], 'reward');
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

test('an overlay of more rounds than are read side by side misses none', async () => {
  const project = await makeProject(prisma());
  const rounds: string[] = [];
  for (let number = 1; number <= 7; number++) {
    const { id } = await makeRound(prisma(), project);
    await record(prisma(), id, 'objective/kl', [number]);
    rounds.push(id);
  }
  const { projectId } = project;
  const asked = { prisma: prisma(), projectId, rounds, metric: 'objective/kl', points: 100 };
  const { curves } = await getRoundCurves(asked);
  expect(curves.map(({ values }) => values)).toEqual([[1], [2], [3], [4], [5], [6], [7]]);
});

describe('thinning old rounds', () => {
  const DAY_MS = 86_400_000;
  const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS);
  const pointsOf = (roundId: string) => prisma().metric.count({ where: { roundId } });

  test('leaves ends and extremes of old rounds, all of newer and running ones, and is done once', async () => {
    const project = await makeProject(prisma());
    const old = await makeRound(prisma(), project, { endedAt: daysAgo(40) });
    const recent = await makeRound(prisma(), project, { endedAt: daysAgo(2) });
    const again = await makeRound(prisma(), await makeProject(prisma()), {
      state: 'running',
      endedAt: daysAgo(40),
    });
    const values = wave(300).with(123, 7).with(222, -7);
    for (const { id } of [old, recent, again]) await record(prisma(), id, 'loss', values);
    await record(prisma(), old.id, 'kl', [1, 2, 3]);
    const thin = () => thinMetrics({ prisma: prisma(), endedBefore: daysAgo(30), points: 40 });
    expect(await thin()).toBeGreaterThan(250);
    const { series } = await getRoundMetrics({ ...keyOf(prisma(), project, old), points: 1000 });
    const [kl, loss] = series;
    expect(kl?.values).toEqual([1, 2, 3]);
    expect(loss?.steps.length).toBeLessThanOrEqual(40);
    expect([loss?.steps[0], loss?.steps.at(-1)]).toEqual([1, 300]);
    expect(loss?.values).toEqual(expect.arrayContaining([7, -7]));
    expect([await pointsOf(recent.id), await pointsOf(again.id)]).toEqual([300, 300]);
    expect(await thin()).toBe(0);
  });
});
