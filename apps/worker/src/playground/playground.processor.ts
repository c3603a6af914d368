import type { SideRunJob } from '@rankloop/contracts';
import type { PrismaClient } from '@rankloop/db';
import type { JobHandler } from '@rankloop/jobs';
import type { Logger } from 'pino';
import { workOnSideRun } from '../side-runs/work-on-side-run.ts';
import { TrainingFailedError } from '../training/training-process.ts';
import { drawForPlayground } from './draw-for-playground.ts';
import { WarmProcess } from './warm-process.ts';

/** People try a few prompts one after the other. */
const IDLE_MS = 60_000;

export interface PlaygroundOptions {
  prisma: PrismaClient;
  dataDir: string;
  workerId: string;
  logger: Logger;
  idleMs?: number;
}

export interface Playground {
  handle: JobHandler<SideRunJob>;
  /** Ends the process that draws. */
  stop(): Promise<void>;
}

/** Draws for one request at a time, in a process of its own beside that of a round. */
export function openPlayground({ idleMs = IDLE_MS, ...options }: PlaygroundOptions): Playground {
  const { prisma, dataDir } = options;
  const warm = new WarmProcess(idleMs);
  const handle: JobHandler<SideRunJob> = ({ runId }, { signal: shutdown }) =>
    workOnSideRun({
      ...options,
      runId,
      shutdown,
      async work(work) {
        const endNow = () => void warm.end();
        work.signal.addEventListener('abort', endNow, { once: true });
        try {
          const training = await warm.take();
          work.signal.throwIfAborted();
          await drawForPlayground({ ...work, prisma, dataDir, training });
          warm.rest();
        } catch (error) {
          // What refused a request can take the next; anything else is in no known state.
          if (error instanceof TrainingFailedError) warm.rest();
          else await warm.end();
          throw error;
        } finally {
          work.signal.removeEventListener('abort', endNow);
        }
      },
    });
  return { handle, stop: () => warm.end() };
}
