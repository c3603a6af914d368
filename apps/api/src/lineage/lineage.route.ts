import {
  checkLineage,
  excludeLabeler,
  getCheckpointLineage,
  includeLabeler,
  listLineageLabelers,
  listLineageSteps,
  traceJudgement,
  traceLabeler,
} from '@rankloop/core';
import type { FeatureDeps } from '../deps.ts';
import type { Mount } from '../http/mount.ts';

export function registerLineage(mount: Mount, { config, db: { prisma } }: FeatureDeps): void {
  mount('getCheckpointLineage', ({ params }) => getCheckpointLineage({ prisma, ...params }));
  mount('listLineageSteps', ({ params, query }) => listLineageSteps({ prisma, ...params, ...query }));
  mount('listLineageLabelers', ({ params, query }) => listLineageLabelers({ prisma, ...params, ...query }));
  mount('checkLineage', ({ params }) =>
    checkLineage({ prisma, dataDir: config.dataDir, ...params, scope: 'round' }),
  );
  mount('getJudgementLineage', ({ params }) => traceJudgement({ prisma, ...params }));
  mount('getLabelerLineage', ({ params }) => traceLabeler({ prisma, ...params }));
  mount('excludeLabeler', ({ params, body, actor }) => excludeLabeler({ prisma, ...params, ...body, actor }));
  mount('includeLabeler', ({ params, actor }) => includeLabeler({ prisma, ...params, actor }));
}
