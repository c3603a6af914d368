// A project that a round can run on in seconds: a random two-layer model over letters, and people who like some of them.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { ROUND_PRESETS, type FormSpec, type PpoConfig, type RoundConfig } from '@rankloop/contracts';
import { newCheckpointFolder, storeCheckpoint } from '@rankloop/core';
import type { Prisma, PrismaClient } from '@rankloop/db';
import { CausalLm, useEngine, writeModelFolder } from '@rankloop/rl';
import { createMember, createProject, createPrompt, createTask } from '@rankloop/testkit';
import { TINY_MODEL, TINY_TOKENIZER, word } from './tiny-model.ts';

export interface TinyProject {
  projectId: string;
  researcherId: string;
  policyId: string;
  config: RoundConfig;
}

export interface TinyProjectOptions {
  tasks?: number;
  /** How the only person ranks four outputs; by default the first is best. */
  ranks?: readonly (number | null)[];
  isDemo?: boolean;
  /** Weights that are not numbers. */
  isBroken?: boolean;
  form?: FormSpec;
  /** What else the person says of task `i`. */
  saying?: (i: number, completionIds: readonly string[]) => MoreSaid;
}

type MoreSaid = Partial<Pick<Prisma.JudgementUncheckedCreateInput, 'scores' | 'edits' | 'demonstration'>>;

export const tinyConfig: RoundConfig = ROUND_PRESETS.tiny.config;

/** The tiny round with other settings of its PPO. */
export function withPpo(changes: Partial<PpoConfig>): RoundConfig {
  const stages = tinyConfig.stages.map((stage) =>
    stage.recipe === 'ppo' ? { ...stage, config: { ...stage.config, ...changes } } : stage,
  );
  return { ...tinyConfig, stages };
}

export function freshDataDir(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'rankloop-worker-'));
}

export async function makeTinyProject(
  prisma: PrismaClient,
  dataDir: string,
  options: TinyProjectOptions = {},
): Promise<TinyProject> {
  const { tasks = 12, ranks = [1, 2, 3, 4], isDemo = false, isBroken = false, saying } = options;
  const { project, form } = await createProject(prisma, {
    isDemo,
    ...(options.form && { form: options.form }),
  });
  const projectId = project.id;
  const labeler = await createMember(prisma, projectId, 'labeler');
  const researcher = await createMember(prisma, projectId, 'researcher');
  for (let i = 0; i < 6; i++)
    await createPrompt(prisma, { projectId, text: `${word(900 + i, 5)}:`, heldOut: true });
  for (let i = 0; i < tasks; i++) {
    const outputs = Array.from({ length: 4 }, (_, k) => `${word(4 * i + k, 5)}.`);
    const made = await createTask(prisma, { projectId, formVersionId: form.id, outputs });
    await prisma.prompt.update({
      where: { id: made.prompt.id },
      data: { conversation: [{ role: 'user', content: `${word(500 + i, 5)}:` }] },
    });
    const more = saying?.(i, made.completionIds) ?? {};
    await judge(prisma, { projectId, formVersionId: form.id, labelerId: labeler.id, ranks, more, ...made });
  }
  const policyId = await storeTinyPolicy(prisma, dataDir, projectId, isBroken);
  return { projectId, researcherId: researcher.id, policyId, config: tinyConfig };
}

async function judge(
  prisma: PrismaClient,
  options: {
    projectId: string;
    formVersionId: string;
    labelerId: string;
    task: { id: string };
    completionIds: string[];
    ranks: readonly (number | null)[];
    more: MoreSaid;
  },
): Promise<void> {
  const { projectId, formVersionId, labelerId, task, completionIds, ranks, more } = options;
  const lease = await prisma.lease.create({
    data: {
      projectId,
      taskId: task.id,
      labelerId,
      state: 'submitted',
      shownOrder: completionIds,
      expiresAt: new Date(),
    },
  });
  await prisma.judgement.create({
    data: {
      leaseId: lease.id,
      revision: 1,
      projectId,
      taskId: task.id,
      labelerId,
      source: 'person',
      outcome: 'ok',
      shownOrder: completionIds,
      ranks: Object.fromEntries(completionIds.map((id, i) => [id, ranks[i] ?? null])),
      activeMs: 5000,
      formVersionId,
      bodyHash: randomUUID(),
      ...more,
    },
  });
}

async function storeTinyPolicy(
  prisma: PrismaClient,
  dataDir: string,
  projectId: string,
  isBroken: boolean,
): Promise<string> {
  const folder = await newCheckpointFolder(dataDir);
  await useEngine();
  const model = CausalLm.random(TINY_MODEL, 1);
  const tensors = model.hostTensors();
  if (isBroken) tensors.get('transformer.wte.weight')?.values.fill(NaN);
  await writeModelFolder(folder, { config: TINY_MODEL, tensors, tokenizerJson: TINY_TOKENIZER.json });
  model.dispose();
  const stored = await storeCheckpoint(dataDir, folder, `base-${projectId}`);
  const line = await prisma.model.create({ data: { projectId, name: 'policy', kind: 'policy' } });
  const checkpoint = await prisma.checkpoint.create({
    data: { projectId, modelId: line.id, kind: 'policy', name: 'Base', promotedAt: new Date(), ...stored },
  });
  await prisma.project.update({ where: { id: projectId }, data: { currentPolicyId: checkpoint.id } });
  return checkpoint.id;
}

/** As the policy itself would have drawn them: it has learned nothing, so every token is about as likely. */
export async function pretendDrawn(
  prisma: PrismaClient,
  projectId: string,
  checkpointId: string,
): Promise<void> {
  const { temperature, topK, topP } = ROUND_PRESETS.standard.config.sampling;
  for (const { id, text } of await prisma.completion.findMany({ where: { projectId } })) {
    const tokenIds = TINY_TOKENIZER.encode(text);
    await prisma.completion.update({
      where: { id },
      data: {
        source: 'sampled',
        checkpointId,
        tokenIds,
        logProbs: [...tokenIds, 0].map(() => -Math.log(TINY_MODEL.vocabSize)),
        sampling: { temperature, topK, topP, maxNewTokens: 16 },
        finishReason: 'eos',
      },
    });
  }
}
