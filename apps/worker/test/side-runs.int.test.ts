import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PlaygroundBody, RewardConfig, type PlaygroundRun } from '@rankloop/contracts';
import {
  cancelPlaygroundRun,
  getBudget,
  getPlaygroundRun,
  newCheckpointFolder,
  startCurve,
  startPlaygroundRun,
  storeCheckpoint,
} from '@rankloop/core';
import { CausalLm, readModelFolder, trainRewardModel, writeModelFolder } from '@rankloop/rl';
import { eventually, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRunningWorker, type RunningWorker } from './running-worker.ts';
import { makeTinyProject, type TinyProject } from './tiny-project.ts';

// Native TensorFlow records a graph for each new model, which for sixteen tiny ones is most of the time.
process.env['RANKLOOP_ENGINE'] = 'wasm';

let project: TinyProject;
let running: RunningWorker;
let database: TestDatabase;
let dataDir: string;
beforeAll(async () => {
  running = await startRunningWorker();
  ({ database, dataDir } = running);
  project = await makeTinyProject(prisma(), dataDir, { tasks: 40 });
});
afterAll(() => running.close());

const prisma = () => database.db.prisma;
const ask = async (request: Partial<PlaygroundBody>) => {
  const { projectId, researcherId: userId, policyId } = project;
  const body = PlaygroundBody.parse({
    conversation: [{ role: 'user', content: 'hello:' }],
    checkpointIds: [policyId, policyId],
    sampling: { maxNewTokens: 20, temperature: 1 },
    ...request,
  });
  return startPlaygroundRun({ prisma: prisma(), projectId, userId, request: body });
};
const read = (sideRunId: string) =>
  getPlaygroundRun({ prisma: prisma(), projectId: project.projectId, sideRunId });
const ended = (sideRunId: string): Promise<PlaygroundRun> =>
  eventually(
    async () => {
      const run = await read(sideRunId);
      return run.endedAt === null ? null : run;
    },
    { timeoutMs: 120_000, what: 'the end of the run', intervalMs: 50 },
  );

/** A checkpoint of what `write` leaves in a folder. */
async function addCheckpoint(kind: 'policy' | 'reward', write: (folder: string) => Promise<unknown>) {
  const { projectId } = project;
  const folder = await newCheckpointFolder(dataDir);
  await write(folder);
  const stored = await storeCheckpoint(dataDir, folder, `${kind}-${projectId}`);
  const line = await prisma().model.upsert({
    where: { projectId_name: { projectId, name: kind } },
    create: { projectId, name: kind, kind },
    update: {},
  });
  return prisma().checkpoint.create({ data: { projectId, modelId: line.id, kind, name: kind, ...stored } });
}
const baseDir = async () => {
  const { folder } = await prisma().checkpoint.findUniqueOrThrow({ where: { id: project.policyId } });
  return join(dataDir, folder);
};

test('two sides with one seed say the same where they are the same policy, another seed says something else', async () => {
  const first = await ended((await ask({})).id);
  expect(first).toMatchObject({ state: 'succeeded', reason: null });
  const [left, right] = first.outputs;
  expect(left?.text.length).toBeGreaterThan(0);
  expect(right?.text).toBe(left?.text);
  expect(left).toMatchObject({ score: null, isPromptCut: false });
  const again = await ended((await ask({ seed: 2, checkpointIds: [project.policyId] })).id);
  expect(again.outputs.map(({ text }) => text)).not.toContain(left?.text);
});

test('a reward model scores what was said, and a model that is gone or cannot is said in words', async () => {
  const base = await baseDir();
  const reward = await addCheckpoint('reward', (outDir) =>
    trainRewardModel({
      base,
      outDir,
      examples: [
        {
          promptId: 'a',
          promptText: 'a:',
          completions: ['b.', 'c.'],
          judgements: [{ id: '1', ranks: [1, 2], weight: 1 }],
        },
      ],
      heldOut: [],
      config: RewardConfig.parse({ normalisationSamples: 8 }),
      seed: 1,
    }),
  );
  const scored = await ended((await ask({ rewardCheckpointId: reward.id })).id);
  expect(scored.outputs.map(({ score }) => typeof score)).toEqual(['number', 'number']);
  expect(scored.outputs[0]?.score).toBe(scored.outputs[1]?.score);

  const tooLong = await ended(
    (await ask({ sampling: { maxNewTokens: 512, temperature: 1, topK: 0, topP: 1 } })).id,
  );
  expect(tooLong).toMatchObject({ state: 'failed', reason: expect.stringContaining('512 tokens') as string });
  await rm(join(dataDir, reward.folder), { recursive: true });
  const gone = await ended((await ask({ rewardCheckpointId: reward.id })).id);
  expect(gone).toMatchObject({ state: 'failed', reason: 'The files of reward are not there any more.' });
});

test('the text grows while it is drawn, and stopping frees the process long before its end', async () => {
  const { tokenizerJson } = await readModelFolder(await baseDir());
  const config = {
    modelType: 'gpt2' as const,
    vocabSize: 31,
    nPositions: 600,
    nEmbd: 256,
    nLayer: 6,
    nHead: 4,
    layerNormEpsilon: 1e-5,
  };
  const slow = await addCheckpoint('policy', async (folder) => {
    const model = CausalLm.random(config, 1);
    await writeModelFolder(folder, { config, tensors: model.hostTensors(), tokenizerJson });
    model.dispose();
  });
  const sampling = { maxNewTokens: 512, temperature: 1, topK: 0, topP: 1 };
  const { id } = await ask({ checkpointIds: [slow.id], sampling });
  const part = await eventually(async () => (await read(id)).outputs.find(({ tokens }) => tokens > 0), {
    timeoutMs: 120_000,
    what: 'the first tokens',
    intervalMs: 20,
  });
  expect(part.finished).toBeNull();
  const { projectId, researcherId: userId } = project;
  await cancelPlaygroundRun({ prisma: prisma(), projectId, sideRunId: id, actor: { userId } });
  // The next request is taken when the process of this one is gone.
  const next = await ended((await ask({ checkpointIds: [project.policyId] })).id);
  const stopped = await read(id);
  expect(stopped.state).toBe('cancelled');
  expect(stopped.outputs[0]?.tokens).toBeLessThan(512);
  expect(next.state).toBe('succeeded');
});

test('a learning curve is measured from the judgements, and leaves no folder behind', async () => {
  const { projectId, researcherId: userId } = project;
  await startCurve({ prisma: prisma(), projectId, actor: { userId } });
  const view = await eventually(
    async () => {
      const budget = await getBudget({ prisma: prisma(), projectId, labels: 100 });
      return typeof budget.curve?.endedAt === 'string' ? budget : null;
    },
    { timeoutMs: 170_000, what: 'the curve', intervalMs: 200 },
  );
  expect(view.curve).toMatchObject({ state: 'succeeded', done: 16, total: 16, judgements: 40 });
  const { points, forecast, deep, fresh } = view.measured?.result ?? {};
  expect(points).toHaveLength(16);
  for (const { accuracy } of points ?? []) expect(accuracy >= 0 && accuracy <= 1).toBe(true);
  expect(forecast?.length).toBeGreaterThan(3);
  expect(deep).toMatchObject({ difference: null, why: expect.stringContaining('more than one') as string });
  expect(fresh).toMatchObject({ difference: null, why: expect.stringContaining('policy in use') as string });
  expect(view.advice).toMatchObject({ choice: 'unknown' });
  expect(view.advice.sentences.join(' ')).toContain('100 more labels of more prompts');
  expect(await readdir(join(dataDir, 'checkpoints/unfinished'))).toEqual([]);
});
