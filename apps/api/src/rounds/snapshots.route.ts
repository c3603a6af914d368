import { createSnapshot, listSnapshots, viewSnapshot } from '@rankloop/core';
import type { FeatureDeps } from '../deps.ts';
import type { Mount } from '../http/mount.ts';

export function registerSnapshots(mount: Mount, { db: { prisma } }: FeatureDeps): void {
  mount('listSnapshots', ({ params, query }) => listSnapshots({ prisma, ...params, ...query }));
  mount('createSnapshot', async ({ params, body, actor }) =>
    viewSnapshot(prisma, await createSnapshot({ prisma, ...params, ...body, actor })),
  );
}
