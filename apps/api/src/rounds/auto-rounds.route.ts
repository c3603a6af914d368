import { getAutoRounds, updateAutoRounds } from '@rankloop/core';
import type { FeatureDeps } from '../deps.ts';
import type { Mount } from '../http/mount.ts';

export function registerAutoRounds(mount: Mount, { db }: FeatureDeps): void {
  const { prisma } = db;

  mount('getAutoRounds', ({ params }) => getAutoRounds({ prisma, ...params, now: new Date() }));
  mount('updateAutoRounds', async ({ params, body, actor }) => {
    await updateAutoRounds({ prisma, ...params, actor, settings: body });
    return getAutoRounds({ prisma, ...params, now: new Date() });
  });
}
