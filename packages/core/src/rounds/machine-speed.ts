import type { PrismaClient } from '@rankloop/db';
import { Message } from '@rankloop/contracts';
import { z } from 'zod';
import { renderPrompt } from '../snapshots/render-prompt.ts';
import type { PromptText } from './choose-prompts.ts';
import type { MachineSpeed } from './estimate-round.ts';
import { bytesOf, engineInWords, sizesLike } from './read-speed.ts';
import { ACTIVE_STATES } from './stages.ts';

export interface Unmeasured {
  engine: string;
  modelBytes: number;
  /** Of the policy, relative to the data directory. */
  folder: string;
  prompts: PromptText[];
}

const PROMPTS = 64;

/**
 * A policy in use with a model whose speed was not measured on this machine with the worker's engine. Null where there is
 * none, where the engine is not known yet, and while a round is due: it would be slowed down, and the measurement with it.
 */
export async function findUnmeasured(
  prisma: PrismaClient,
  options: {
    workerId: string;
    hostname: string;
    /** Folders of policies that could not be measured. */
    without?: ReadonlySet<string>;
  },
): Promise<Unmeasured | null> {
  const { workerId, hostname, without = new Set() } = options;
  const worker = await prisma.workerProcess.findUnique({ where: { id: workerId } });
  if (!worker?.engine) return null;
  if ((await prisma.round.count({ where: { state: { in: [...ACTIVE_STATES] } } })) > 0) return null;
  const engine = engineInWords(worker.engine);
  const policies = await prisma.checkpoint.findMany({
    where: { prunedAt: null, currentOf: { isNot: null } },
    orderBy: { createdAt: 'desc' },
  });
  for (const { folder, manifest, projectId } of policies) {
    const modelBytes = bytesOf(manifest);
    if (without.has(folder)) continue;
    const known = await prisma.engineSpeed.count({
      where: { hostname, engine, modelBytes: sizesLike(modelBytes) },
    });
    if (known > 0) continue;
    const rows = await prisma.prompt.findMany({
      where: { projectId },
      orderBy: { id: 'asc' },
      take: PROMPTS,
    });
    const prompts = rows.map(({ id, conversation }) => {
      const messages = z.array(Message).parse(conversation);
      return { id, conversation: messages, text: renderPrompt(messages) };
    });
    if (prompts.length > 0) return { engine, modelBytes, folder, prompts };
  }
  return null;
}

export async function storeSpeed(
  prisma: PrismaClient,
  of: { hostname: string; engine: string; modelBytes: number; speed: MachineSpeed },
): Promise<void> {
  const { hostname, engine, speed } = of;
  const key = { hostname, engine, modelBytes: BigInt(of.modelBytes) };
  await prisma.engineSpeed.upsert({
    where: { hostname_engine_modelBytes: key },
    create: { ...key, ...speed },
    update: { ...speed, measuredAt: new Date() },
  });
}
