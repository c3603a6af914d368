import { randomUUID } from 'node:crypto';
import type { Prisma, PrismaClient, Snapshot } from '@rankloop/db';
import { type Actor, recordAuditEvent } from '../audit/record-audit-event.ts';
import { hashJudgement, snapshotHash } from './judgement-content.ts';
import { readJudgementsInForce } from './judgements-in-force.repo.ts';

export interface CreateSnapshotOptions {
  prisma: PrismaClient;
  projectId: string;
  actor: Actor;
  name?: string | undefined;
}

const LINES_PER_INSERT = 1000;

/** Freezing many judgements takes longer than an ordinary transaction may. */
export const LONG_TRANSACTION = {
  isolationLevel: 'RepeatableRead',
  maxWait: 20_000,
  timeout: 600_000,
} as const;

/** Freezes all judgements in force up to now. One transaction that sees one moment. */
export async function createSnapshot(options: CreateSnapshotOptions): Promise<Snapshot> {
  return options.prisma.$transaction((tx) => freezeJudgements(tx, options), LONG_TRANSACTION);
}

/** The work of `createSnapshot` for a caller that has its own repeatable-read transaction. */
export async function freezeJudgements(
  tx: Prisma.TransactionClient,
  options: Omit<CreateSnapshotOptions, 'prisma'>,
): Promise<Snapshot> {
  const { projectId, actor } = options;
  const project = await tx.project.findUniqueOrThrow({ where: { id: projectId } });
  const sources = sourcesOf(project);
  const { id: snapshotId, createdAt } = await tx.snapshot.create({
    data: {
      id: randomUUID(),
      projectId,
      name: '',
      hash: '',
      filters: {},
      judgementCount: 0,
      createdById: actor.userId,
    },
  });

  const hash = snapshotHash();
  let count = 0;
  let lines: Prisma.SnapshotJudgementCreateManyInput[] = [];
  const flush = async () => {
    if (lines.length > 0) await tx.snapshotJudgement.createMany({ data: lines });
    lines = [];
  };
  for await (const judgement of readJudgementsInForce(tx, { projectId, sources })) {
    const contentHash = hashJudgement(judgement);
    hash.add(contentHash);
    lines.push({ snapshotId, position: count, judgementId: judgement.id, contentHash });
    count += 1;
    if (lines.length === LINES_PER_INSERT) await flush();
  }
  await flush();

  const name =
    options.name ?? `${count} judgements, ${createdAt.toISOString().slice(0, 16).replace('T', ' ')}`;
  await recordAuditEvent(tx, actor, {
    action: 'snapshot.created',
    projectId,
    subjectType: 'snapshot',
    subjectId: snapshotId,
    detail: { judgements: count },
  });
  return tx.snapshot.update({
    where: { id: snapshotId },
    data: {
      name,
      hash: hash.digest(),
      judgementCount: count,
      filters: { until: createdAt.toISOString(), sources },
    },
  });
}

/** Synthetic judgements never enter training or exports outside the demo. */
export function sourcesOf(project: { isDemo: boolean }): ('person' | 'imported' | 'synthetic')[] {
  return project.isDemo ? ['person', 'imported', 'synthetic'] : ['person', 'imported'];
}
