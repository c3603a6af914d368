import { setTimeout as wait } from 'node:timers/promises';
import {
  recordSamples,
  recordSteps,
  rewindStage,
  type Fence,
  type SampleReport,
  type StepReport,
} from '@rankloop/core';
import type { PrismaClient } from '@rankloop/db';
import { isDatabaseTrouble } from './database-trouble.ts';

export interface StepWriter {
  addStep(step: StepReport): void;
  addSamples(samples: readonly SampleReport[]): void;
  /** Before anything is added: the stage goes on after a step that a dead attempt had done, or from 0 anew. */
  beginAfter(step: number): void;
  /** Everything added so far is written. @throws StaleAttemptError or what else stopped a write */
  flush(): Promise<void>;
}

interface Fenced {
  prisma: PrismaClient;
  fence: Fence;
}

export interface WrittenStage {
  name: string;
  /** Whether outputs are shown while it runs. */
  drawsSamples: boolean;
}

const BATCH_MS = 400;
/** A database that restarts is back within seconds; after this many tries the attempt gives up. */
const FLUSH_TRIES = 10;
const FLUSH_WAIT_MS = 1000;

/**
 * Steps come faster than pages need them: they are written in batches, one write at a time, in order. A batch that could
 * not be written is kept for the next; what had been written of it all the same is there once.
 */
function createStepWriter(
  { prisma, fence }: Fenced,
  { name: stage, drawsSamples }: WrittenStage,
): StepWriter {
  let beginning: number | null = null;
  let steps: StepReport[] = [];
  let samples: SampleReport[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  const write = async () => {
    const [newSteps, newSamples] = [steps, samples];
    [steps, samples] = [[], []];
    try {
      if (beginning !== null)
        await rewindStage(prisma, fence, { name: stage, step: beginning, drawsSamples });
      beginning = null;
      await recordSteps(prisma, fence, stage, newSteps);
      await recordSamples(prisma, fence, newSamples);
    } catch (error) {
      [steps, samples] = [
        [...newSteps, ...steps],
        [...newSamples, ...samples],
      ];
      throw error;
    }
  };
  const enqueue = () => {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.catch(() => undefined).then(write);
    // The next write tries again; whoever flushes hears of it.
    writing.catch(() => undefined);
    return writing;
  };
  const schedule = () => (timer ??= setTimeout(() => void enqueue(), BATCH_MS));
  return {
    beginAfter(step) {
      beginning = step;
      schedule();
    },
    addStep(step) {
      steps.push(step);
      schedule();
    },
    addSamples(more) {
      samples.push(...more);
      schedule();
    },
    async flush() {
      for (let tries = 1; ; tries++) {
        try {
          await enqueue();
          return;
        } catch (error) {
          if (!isDatabaseTrouble(error) || tries === FLUSH_TRIES) throw error;
          await wait(FLUSH_WAIT_MS);
        }
      }
    },
  };
}

/** Lets `work` report its steps. However it ends, what it reported is written, so that a curve shows how it ended. */
export async function withSteps<T>(
  fenced: Fenced,
  stage: WrittenStage,
  work: (writer: StepWriter) => Promise<T>,
): Promise<T> {
  const writer = createStepWriter(fenced, stage);
  let result: T;
  try {
    result = await work(writer);
  } catch (error) {
    await writer.flush().catch(() => undefined);
    throw error;
  }
  await writer.flush();
  return result;
}
