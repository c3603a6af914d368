import { randomUUID } from 'node:crypto';
import { createProject, createPrompt, createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chooseRoundPrompts } from './choose-prompts.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

async function choose(prompts: readonly { text: string; heldOut?: boolean; judged?: boolean }[]) {
  const { prisma } = database.db;
  const { project } = await createProject(prisma);
  const judged = new Set<string>();
  for (const { text, heldOut = false, judged: isJudged = false } of prompts) {
    const { id } = await createPrompt(prisma, { projectId: project.id, text, heldOut });
    // The same text twice, as two imports can bring it.
    await prisma.prompt.update({ where: { id }, data: { externalId: id } });
    if (isJudged) judged.add(id);
  }
  const options = { comparePrompts: 100, newTasks: 100, seed: 1, roundId: randomUUID() };
  return chooseRoundPrompts({ prisma, projectId: project.id, judged, ...options });
}

const textsOf = (prompts: readonly { text: string }[]) => prompts.map(({ text }) => text).sort();

test('a text never trains and compares in one round, not even under two ids', async () => {
  const many = Array.from({ length: 30 }, (_, i) => ({ text: `prompt ${i % 20}` }));
  const { training, comparing, next } = await choose(many);
  const compared = new Set(textsOf(comparing));
  expect(compared.size).toBeGreaterThan(0);
  expect([...training, ...next].filter(({ text }) => compared.has(text))).toEqual([]);
});

test('held-out prompts are compared on, and their texts do not train', async () => {
  const { training, comparing } = await choose([
    { text: 'a', heldOut: true },
    { text: 'a' },
    { text: 'b' },
    { text: 'c', judged: true },
  ]);
  expect(textsOf(comparing)).toEqual(['a']);
  expect(textsOf(training)).toEqual(['b', 'c']);
});

test('a held-out prompt whose judgements train the reward model is not compared on', async () => {
  const { comparing } = await choose([
    { text: 'a', heldOut: true, judged: true },
    { text: 'b', heldOut: true },
    { text: 'c' },
  ]);
  expect(textsOf(comparing)).toEqual(['b']);
});
