import {
  cancelRound,
  checkRound,
  draftRound,
  getRound,
  getRoundCurves,
  getRoundMetrics,
  getRoundScores,
  listRounds,
  listRoundSamples,
  listRoundStarters,
  retryRound,
  startRound,
} from '@rankloop/core';
import type { Round } from '@rankloop/db';
import { enqueueRunRound } from '@rankloop/jobs';
import type { FeatureDeps } from '../deps.ts';
import type { Mount } from '../http/mount.ts';

export function registerRounds(mount: Mount, { db, queues }: FeatureDeps): void {
  const { prisma } = db;

  mount('draftRound', ({ params }) => draftRound({ prisma, ...params }));
  mount('checkRound', ({ params, body }) => checkRound({ prisma, ...params, ...body }));
  mount('listRounds', ({ params, query }) => listRounds({ prisma, ...params, ...query }));
  mount('getRound', ({ params }) => getRound({ prisma, ...params }));
  mount('getRoundMetrics', ({ params, query }) => getRoundMetrics({ prisma, ...params, ...query }));
  mount('getRoundCurves', ({ params, query }) => getRoundCurves({ prisma, ...params, ...query }));
  mount('getRoundScores', ({ params }) => getRoundScores({ prisma, ...params }));
  mount('listRoundStarters', ({ params }) => listRoundStarters({ prisma, ...params }));
  mount('listRoundSamples', ({ params, query }) => listRoundSamples({ prisma, ...params, ...query }));

  mount('startRound', async ({ params, body, actor, request }) => {
    const round = await startRound({ prisma, ...params, ...body, actor });
    await wakeWorker(round, (err) => request.log.warn({ err }, 'the round waits for the reconciler'));
    return getRound({ prisma, ...params, roundId: round.id });
  });
  mount('cancelRound', async ({ params, actor }) => {
    await cancelRound({ prisma, ...params, actor });
    return getRound({ prisma, ...params });
  });
  mount('retryRound', async ({ params, actor, request }) => {
    const round = await retryRound({ prisma, ...params, actor });
    await wakeWorker(round, (err) => request.log.warn({ err }, 'the round waits for the reconciler'));
    return getRound({ prisma, ...params });
  });

  /** The row is written, so the round is due: a queue that is down delays it and loses nothing. */
  async function wakeWorker({ id, attempt }: Round, onError: (error: unknown) => void): Promise<void> {
    await enqueueRunRound(queues, { roundId: id, attempt }).catch(onError);
  }
}
