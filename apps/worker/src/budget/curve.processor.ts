import type { SideRunJob } from '@rankloop/contracts';
import type { PrismaClient } from '@rankloop/db';
import type { JobHandler } from '@rankloop/jobs';
import type { Logger } from 'pino';
import { workOnSideRun } from '../side-runs/work-on-side-run.ts';
import { startTrainingProcess, type TrainingProcess } from '../training/training-process.ts';
import { measureCurve } from './measure-curve.ts';

export interface CurveProcessorOptions {
  prisma: PrismaClient;
  dataDir: string;
  workerId: string;
  logger: Logger;
}

/** Measures one learning curve at a time, in a process of its own beside that of a round. */
export function createCurveProcessor(options: CurveProcessorOptions): JobHandler<SideRunJob> {
  const { prisma, dataDir } = options;
  return ({ runId }, { signal: shutdown }) =>
    workOnSideRun({
      ...options,
      runId,
      shutdown,
      async work(work) {
        let training: TrainingProcess | undefined;
        const endNow = () => void training?.stop();
        work.signal.addEventListener('abort', endNow, { once: true });
        try {
          training = await startTrainingProcess({ signal: work.signal });
          work.signal.throwIfAborted();
          await measureCurve({ ...work, prisma, dataDir, training });
        } finally {
          work.signal.removeEventListener('abort', endNow);
          await training?.stop();
        }
      },
    });
}
