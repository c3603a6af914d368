import {
  claimTask,
  getJudgement,
  getLabelingStats,
  getOwnLease,
  listJudgements,
  listOwnHistory,
  releaseLease,
  renewLease,
  reviseJudgement,
  submitJudgement,
} from '@rankloop/core';
import type { FeatureDeps } from '../deps.ts';
import type { Mount } from '../http/mount.ts';
import { createJudgementNews } from './judgement-news.ts';

export function registerLabeling(mount: Mount, { db, metrics }: FeatureDeps): void {
  const { pool } = db;
  const news = createJudgementNews(db);

  mount('claimTask', async ({ principal, project, body }) => {
    const { projectId, leaseTtlMs } = project;
    const answer = await claimTask({ pool, projectId, leaseTtlMs, labelerId: principal.userId, ...body });
    metrics.claims.inc({ result: answer.task ? 'task' : 'nothing_left' });
    return answer;
  });

  mount('submitJudgement', async ({ principal, params, body }) => {
    const answer = await submitJudgement({ pool, ...params, labelerId: principal.userId, body });
    metrics.submits.inc({ result: answer.counts ? 'counted' : 'kept' });
    news.tell(params.projectId);
    return answer;
  });

  mount('reviseJudgement', async ({ principal, params, body }) => {
    const { revision, judgement } = body;
    const key = { ...params, labelerId: principal.userId };
    const answer = await reviseJudgement({ pool, ...key, body: judgement, revision, now: new Date() });
    news.tell(params.projectId);
    return answer;
  });

  mount('releaseLease', async ({ principal, params }) => {
    await releaseLease({ pool, ...params, labelerId: principal.userId });
    return undefined;
  });
  mount('renewLease', ({ principal, params }) =>
    renewLease({ pool, ...params, labelerId: principal.userId }),
  );
  mount('getOwnLease', ({ principal, params }) =>
    getOwnLease({ db, ...params, labelerId: principal.userId }),
  );
  mount('getLabelingStats', ({ principal, params }) =>
    getLabelingStats({ pool, ...params, labelerId: principal.userId }),
  );
  mount('listOwnHistory', ({ principal, params, query }) =>
    listOwnHistory({ db, ...params, labelerId: principal.userId, page: query }),
  );
  mount('listJudgements', ({ params, query }) => listJudgements({ db, ...params, query }));
  mount('getJudgement', ({ params }) => getJudgement({ db, ...params }));
}
