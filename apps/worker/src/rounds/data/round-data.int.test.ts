import { RoundConfig } from '@rankloop/contracts';
import type { SnapshotLine } from '@rankloop/core';
import { createProject, createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { candidatePrompts, ownDraws } from '../recipes/work-parts.ts';
import { readRoundData, sourcesOf, splitHeldOut } from './round-data.ts';
import { line } from './testing/snapshot-line.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

const PROMPTS = Array.from({ length: 40 }, (_, i) => `Prompt ${i}`);

/** Rankings of some prompts, demonstrations of others, and both of the rest. */
async function* lines(): AsyncGenerator<SnapshotLine> {
  for (const [i, content] of PROMPTS.entries()) {
    yield line({
      taskId: `task ${i}`,
      promptId: `prompt ${i}`,
      conversation: [{ role: 'user', content }],
      ranks: i % 3 === 0 ? null : { a: 1, b: 2 },
      demonstration: i % 3 === 1 ? null : 'Ideal.',
    });
  }
}

test('a prompt that is held out of one stage is held out of all', async () => {
  const { prisma } = database.db;
  const { project } = await createProject(prisma);
  const config = RoundConfig.parse({
    stages: [
      { recipe: 'sft' },
      { name: 'few', recipe: 'reward', from: 'sft', config: { heldOutFraction: 0.1 } },
      { name: 'many', recipe: 'reward', from: 'sft', config: { heldOutFraction: 0.3 } },
      {
        recipe: 'rso',
        policy: 'sft',
        reward: [
          { stage: 'few', weight: 1 },
          { stage: 'many', weight: 1 },
        ],
      },
    ],
  });
  const data = await readRoundData({ prisma, projectId: project.id, lines: lines(), config });
  const texts = splitHeldOut(data, data.texts.examples(config.stages.flatMap(sourcesOf)));
  const preferences = splitHeldOut(data, data.preferences.examples());
  const conversation = [{ role: 'user' as const, content: '' }];
  const training = PROMPTS.map((text) => ({ id: text, text, conversation }));
  const prompts = { training, comparing: [], next: [] };
  const drawn = candidatePrompts({ data, prompts });
  const rolledOut = ownDraws({ data, prompts });

  const trained = [
    ...texts.train.map(({ promptText }) => promptText),
    ...preferences.train.map(({ promptText }) => promptText),
    ...drawn.prompts.map(({ text }) => text),
    ...rolledOut.prompts.map(({ text }) => text),
  ];
  const heldOut = new Set([
    ...texts.heldOut.map(({ promptText }) => promptText),
    ...preferences.heldOut.map(({ promptText }) => promptText),
    ...drawn.heldOutPrompts.map(({ text }) => text),
  ]);
  expect(trained.filter((text) => heldOut.has(text))).toEqual([]);
  // About the larger share that was asked for, and every kind of stage has something to be measured on.
  expect(heldOut.size).toBeGreaterThan(0.15 * PROMPTS.length);
  expect([texts.heldOut, preferences.heldOut, drawn.heldOutPrompts].map(({ length }) => length > 0)).toEqual([
    true,
    true,
    true,
  ]);
});
