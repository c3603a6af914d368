import type { SnapshotView } from '@rankloop/contracts';
import type { PrismaClient, Snapshot } from '@rankloop/db';
import { olderThan, toTimePage } from '../shared/page.ts';

export interface ListSnapshotsOptions {
  prisma: PrismaClient;
  projectId: string;
  cursor?: string | undefined;
  limit: number;
}

/** Newest first. */
export async function listSnapshots(
  options: ListSnapshotsOptions,
): Promise<{ items: SnapshotView[]; nextCursor: string | null }> {
  const { prisma, projectId, cursor, limit } = options;
  const rows = await prisma.snapshot.findMany({
    where: { projectId, ...olderThan(cursor) },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit + 1,
  });
  const names = await namesOf(prisma, rows);
  return toTimePage(rows, limit, (row) => toSnapshotView(row, names));
}

/** One snapshot as the API shows it. */
export async function viewSnapshot(prisma: PrismaClient, snapshot: Snapshot): Promise<SnapshotView> {
  return toSnapshotView(snapshot, await namesOf(prisma, [snapshot]));
}

function toSnapshotView(row: Snapshot, names: ReadonlyMap<string, string>): SnapshotView {
  return {
    id: row.id,
    name: row.name,
    hash: row.hash,
    judgementCount: row.judgementCount,
    createdBy: row.createdById === null ? null : (names.get(row.createdById) ?? null),
    createdAt: row.createdAt.toISOString(),
  };
}

async function namesOf(prisma: PrismaClient, rows: readonly Snapshot[]): Promise<Map<string, string>> {
  return userNames(
    prisma,
    rows.map((row) => row.createdById),
  );
}

/** Names of people by id, for lists that say who made something. */
export async function userNames(
  prisma: Pick<PrismaClient, 'user'>,
  ids: readonly (string | null)[],
): Promise<Map<string, string>> {
  const known = [...new Set(ids.filter((id) => id !== null))];
  if (known.length === 0) return new Map();
  const users = await prisma.user.findMany({
    where: { id: { in: known } },
    select: { id: true, name: true },
  });
  return new Map(users.map(({ id, name }) => [id, name]));
}
