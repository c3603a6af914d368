// A project that a round runs on in a few seconds: a random model of one layer over letters, and one person who likes
// the first output of each task best.

import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ROUND_PRESETS, type RoundConfig } from '@rankloop/contracts';
import { newCheckpointFolder, storeCheckpoint } from '@rankloop/core';
import type { PrismaClient } from '@rankloop/db';
import { CausalLm, Tokenizer, useEngine, writeModelFolder, type CausalLmConfig } from '@rankloop/rl';
import { createMember, createProject, createPrompt, createTask } from '@rankloop/testkit';

export interface CrashProject {
  projectId: string;
  /** The policy that rounds begin from. */
  policyId: string;
}

const TASKS = 8;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const TOKENIZER = await Tokenizer.fromFolder(
  fileURLToPath(new URL('../../packages/rl/src/tokenizers/fixtures/letters', import.meta.url)),
);
const MODEL: CausalLmConfig = {
  modelType: 'gpt2',
  vocabSize: TOKENIZER.vocabSize,
  nPositions: 32,
  nEmbd: 16,
  nLayer: 1,
  nHead: 2,
  layerNormEpsilon: 1e-5,
  eosTokenId: 0,
};

/** The tiny round, and smaller still where only the order of things matters. Its reward model takes two steps. */
export const CRASH_CONFIG: RoundConfig = {
  ...ROUND_PRESETS.tiny.config,
  newTasks: 3,
  comparePrompts: 3,
  stages: ROUND_PRESETS.tiny.config.stages.map((stage) => {
    if (stage.recipe === 'reward')
      return { ...stage, config: { ...stage.config, batchPrompts: 4, normalisationSamples: 8 } };
    if (stage.recipe !== 'ppo') return stage;
    const few = { iterations: 2, episodesPerIteration: 8, minibatchEpisodes: 8, maxNewTokens: 8 };
    return { ...stage, config: { ...stage.config, ...few } };
  }),
  sampling: { ...ROUND_PRESETS.tiny.config.sampling, maxNewTokens: 8 },
};

export async function makeCrashProject(prisma: PrismaClient, dataDir: string): Promise<CrashProject> {
  const { project, form } = await createProject(prisma);
  const projectId = project.id;
  const labeler = await createMember(prisma, projectId, 'labeler');
  for (let i = 0; i < 4; i++)
    await createPrompt(prisma, { projectId, text: `${word(900 + i)}:`, heldOut: true });
  for (let i = 0; i < TASKS; i++) {
    const outputs = Array.from({ length: 4 }, (_, k) => `${word(4 * i + k)}.`);
    const { task, prompt, completionIds } = await createTask(prisma, {
      projectId,
      formVersionId: form.id,
      outputs,
    });
    await prisma.prompt.update({
      where: { id: prompt.id },
      data: { conversation: [{ role: 'user', content: `${word(500 + i)}:` }] },
    });
    const told = { projectId, taskId: task.id, labelerId: labeler.id, shownOrder: completionIds };
    const lease = await prisma.lease.create({ data: { ...told, state: 'submitted', expiresAt: new Date() } });
    await prisma.judgement.create({
      data: {
        ...told,
        leaseId: lease.id,
        revision: 1,
        source: 'person',
        outcome: 'ok',
        ranks: Object.fromEntries(completionIds.map((id, place) => [id, place + 1])),
        activeMs: 5000,
        formVersionId: form.id,
        bodyHash: randomUUID(),
      },
    });
  }
  return { projectId, policyId: await storePolicy(prisma, dataDir, projectId) };
}

async function storePolicy(prisma: PrismaClient, dataDir: string, projectId: string): Promise<string> {
  mkdirSync(dataDir, { recursive: true });
  const folder = await newCheckpointFolder(dataDir);
  await useEngine();
  const model = CausalLm.random(MODEL, 1);
  await writeModelFolder(folder, {
    config: MODEL,
    tensors: model.hostTensors(),
    tokenizerJson: TOKENIZER.json,
  });
  model.dispose();
  const stored = await storeCheckpoint(dataDir, folder, `base-${projectId}`);
  const line = await prisma.model.create({ data: { projectId, name: 'policy', kind: 'policy' } });
  const checkpoint = await prisma.checkpoint.create({
    data: { projectId, modelId: line.id, kind: 'policy', name: 'Base', promotedAt: new Date(), ...stored },
  });
  await prisma.project.update({ where: { id: projectId }, data: { currentPolicyId: checkpoint.id } });
  return checkpoint.id;
}

/** A short word of letters that differs from number to number. */
function word(n: number): string {
  return Array.from({ length: 4 }, (_, i) => LETTERS.charAt((n * (i + 3) + i * i + (n >> i)) % 26)).join('');
}
