import { createPrompt, createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyOf, makeProject, makeRound, record } from '../../test/recorded-rounds.ts';
import { getRoundScores, listRoundSamples } from './index.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
const prisma = () => database.db.prisma;

describe('the outputs of a round', () => {
  const drawn = async () => {
    const project = await makeProject(prisma());
    const round = await makeRound(prisma(), project);
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
        const page = await listRoundSamples({
          ...keyOf(prisma(), project, round),
          limit: 2,
          cursor,
          ...query,
        });
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
    const { items } = await listRoundSamples({
      ...keyOf(prisma(), project, round),
      limit: 1,
      order: 'length',
    });
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
    await record(prisma(), round.id, 'objective/kl', [0, 1, 4]);
    await record(prisma(), round.id, 'objective/scores', [0, 2, 3, 9]);
    const { histogram, distance } = await getRoundScores(keyOf(prisma(), project, round));
    expect(histogram.policies.map(({ policy, step, n }) => [policy, step, n])).toEqual([
      ['base', 0, 3],
      ['now', 2, 3],
    ]);
    expect([histogram.edges[0], histogram.edges.at(-1)]).toEqual([0, 2]);
    expect(distance).toEqual([{ stage: 'ppo', steps: [1, 2, 3], kl: [0, 1, 4], score: [0, 2, 3] }]);
  });
});
