import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { CheckpointManifest, findCheckpointDamage, sweepCheckpoints, sweepProgress } from '@rankloop/core';
import type { PrismaClient } from '@rankloop/db';
import { CRASH_CONFIG, type CrashProject } from './project.ts';
import type { World } from './lane.ts';

/** What is wrong after a round has ended and nobody does anything; nothing where all is as it must be. */
export async function findFaults(
  { db, dataDir }: World,
  project: CrashProject,
  roundId: string,
): Promise<string[]> {
  const { prisma } = db;
  return [
    ...(await checkEnd(prisma, project, roundId)),
    ...(await checkTasks(prisma, roundId)),
    ...(await checkFiles(prisma, dataDir, project)),
  ];
}

/** Exactly one new policy in use, or a failure that says why and leaves the old one. */
async function checkEnd(
  prisma: PrismaClient,
  { projectId, policyId }: CrashProject,
  roundId: string,
): Promise<string[]> {
  const round = await prisma.round.findUniqueOrThrow({ where: { id: roundId }, include: { stages: true } });
  const promoted = await prisma.checkpoint.findMany({
    where: { projectId, promotedAt: { not: null }, id: { not: policyId } },
  });
  const { currentPolicyId } = await prisma.project.findUniqueOrThrow({ where: { id: projectId } });
  const found: string[] = [];
  const demand = (holds: boolean, fault: string) => {
    if (!holds) found.push(fault);
  };
  demand(['succeeded', 'failed'].includes(round.state), `the round ended as ${round.state}`);
  demand((await prisma.round.count({ where: { projectId } })) === 1, 'there is more than one round');
  if (round.state === 'succeeded') {
    demand(promoted.length === 1, `${promoted.length} policies were put in use`);
    demand(promoted[0]?.id === currentPolicyId, 'the policy in use is not the one that was promoted');
    demand(
      round.stages.every(({ state }) => state === 'done'),
      'a stage is not done',
    );
  } else {
    demand(promoted.length === 0, 'a failed round put a policy in use');
    demand(currentPolicyId === policyId, 'a failed round changed the policy in use');
    demand(Boolean(round.reason), 'a failed round gives no reason');
    demand(
      round.stages.every(({ state }) => state !== 'running'),
      'a stage of an ended round runs',
    );
  }
  return found;
}

/** As many as asked for and each complete, or none. */
async function checkTasks(prisma: PrismaClient, roundId: string): Promise<string[]> {
  const { state } = await prisma.round.findUniqueOrThrow({ where: { id: roundId } });
  const tasks = await prisma.task.findMany({
    where: { roundId },
    include: { _count: { select: { completions: true, slots: true } } },
  });
  const wanted = state === 'succeeded' ? CRASH_CONFIG.newTasks : 0;
  const areWhole = tasks.every(
    ({ need, _count }) => _count.completions === CRASH_CONFIG.outputsPerTask && _count.slots === need,
  );
  return [
    ...(tasks.length === wanted ? [] : [`${tasks.length} new tasks instead of ${wanted}`]),
    ...(areWhole ? [] : ['a new task lacks outputs or slots']),
  ];
}

/** Every checkpoint is whole, and after the sweep nothing else lies in the data directory. */
async function checkFiles(
  prisma: PrismaClient,
  dataDir: string,
  { projectId }: CrashProject,
): Promise<string[]> {
  const found: string[] = [];
  const checkpoints = await prisma.checkpoint.findMany();
  const own = checkpoints.filter((checkpoint) => checkpoint.projectId === projectId);
  for (const { name, folder, manifestHash, manifest } of own) {
    const stored = { folder, manifestHash, manifest: CheckpointManifest.parse(manifest) };
    const damage = await findCheckpointDamage(dataDir, stored);
    if (damage !== null) found.push(`${name}: ${damage}`);
  }
  await sweepCheckpoints(prisma, dataDir, 0);
  await sweepProgress(prisma, dataDir, 0);
  const known = checkpoints.map(({ folder }) => folder);
  for (const file of await readdir(dataDir, { recursive: true, withFileTypes: true })) {
    if (file.isDirectory()) continue;
    const place = path.relative(dataDir, path.join(file.parentPath, file.name));
    if (!known.some((folder) => place.startsWith(`${folder}${path.sep}`))) found.push(`stray file ${place}`);
  }
  return found;
}
