import { listCheckpoints, promoteCheckpoint } from '@rankloop/core';
import type { FeatureDeps } from '../deps.ts';
import type { Mount } from '../http/mount.ts';

export function registerCheckpoints(mount: Mount, { db: { prisma } }: FeatureDeps): void {
  mount('listCheckpoints', ({ params, query }) => listCheckpoints({ prisma, ...params, ...query }));
  mount('promoteCheckpoint', ({ params, actor }) => promoteCheckpoint({ prisma, ...params, actor }));
}
