import { readSnapshot } from '@rankloop/core';
import type { PrismaClient } from '@rankloop/db';
import type { CurveExample } from '@rankloop/rl';
import { Preferences } from '../rounds/data/preferences.ts';

/** The preferences of a snapshot; fresh are those of outputs that `policyId` has written. */
export async function readCurveExamples(
  prisma: PrismaClient,
  { snapshotId, policyId }: { snapshotId: string; policyId: string },
): Promise<CurveExample[]> {
  const snapshot = await prisma.snapshot.findUniqueOrThrow({ where: { id: snapshotId } });
  const [fresh, older] = [new Preferences(), new Preferences()];
  for await (const line of readSnapshot(prisma, snapshot)) {
    const isFresh = line.outputs.every(({ checkpointId }) => checkpointId === policyId);
    (isFresh ? fresh : older).add(line);
  }
  return [
    ...fresh.examples().map((example) => ({ ...example, isFresh: true })),
    ...older.examples().map((example) => ({ ...example, isFresh: false })),
  ];
}
