import { ROUND_PRESETS } from '@rankloop/contracts';
import type { PrismaClient, Round } from '@rankloop/db';
import { createCheckpoint, createProject } from '@rankloop/testkit';

export interface ProjectWithPolicy {
  projectId: string;
  policyId: string;
}

export async function makeProject(prisma: PrismaClient): Promise<ProjectWithPolicy> {
  const { project } = await createProject(prisma);
  const policy = await createCheckpoint(prisma, { projectId: project.id, current: true });
  return { projectId: project.id, policyId: policy.id };
}

/** The next round of a project; it has worked, unless told otherwise. */
export async function makeRound(
  prisma: PrismaClient,
  { projectId, policyId }: ProjectWithPolicy,
  fields: Partial<
    Pick<Round, 'state' | 'recipe' | 'createdById' | 'isAutomatic' | 'createdAt' | 'endedAt'>
  > = {},
): Promise<Round> {
  const number = 1 + (await prisma.round.count({ where: { projectId } }));
  return prisma.round.create({
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

/** A curve as training writes it: `values[i]` at step i + 1. */
export async function record(
  prisma: PrismaClient,
  roundId: string,
  name: string,
  values: readonly number[],
  stage = 'ppo',
): Promise<void> {
  await prisma.metric.createMany({
    data: values.map((value, i) => ({ roundId, attempt: 1, stage, name, step: i + 1, value })),
  });
}

/** What every question about a round is asked with. */
export function keyOf(prisma: PrismaClient, { projectId }: ProjectWithPolicy, { id: roundId }: Round) {
  return { prisma, projectId, roundId };
}

/** A curve without a spike. */
export function wave(length: number): number[] {
  return Array.from({ length }, (_, i) => Math.sin(i / 50));
}
