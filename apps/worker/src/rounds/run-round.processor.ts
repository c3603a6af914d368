import { passFaultPoint, type RunRoundJob } from '@rankloop/contracts';
import type { Db } from '@rankloop/db';
import { enqueueRunRound, type JobHandler, type Queues } from '@rankloop/jobs';
import type { Logger } from 'pino';
import type { GoldJudge } from './gold-judge.ts';
import { runRound } from './run-round.ts';

export interface RoundProcessorOptions {
  db: Db;
  queues: Pick<Queues, 'enqueue'>;
  dataDir: string;
  workerId: string;
  logger: Logger;
  judgeGold: GoldJudge | null;
  saveEveryMs?: number | undefined;
}

/** Runs one attempt; a round that is due again goes back into the queue at once, or with the next reconciliation. */
export function createRoundProcessor(options: RoundProcessorOptions): JobHandler<RunRoundJob> {
  const { db, queues, ...rest } = options;
  return async (job, { signal }) => {
    const next = await runRound({ ...rest, prisma: db.prisma, job, shutdown: signal });
    if (next && !signal.aborted) {
      await enqueueRunRound(queues, { roundId: next.id, attempt: next.attempt }).catch((err: unknown) =>
        options.logger.warn({ err }, 'the round waits for the reconciler'),
      );
    }
    passFaultPoint("before the queue's ack");
  };
}
