import { recordSamples, recordSteps, type Fence, type SampleReport, type StageName } from '@rankloop/core';
import type { StepReport } from '@rankloop/core';
import type { PrismaClient } from '@rankloop/db';

export interface StepWriter {
  addStep(step: StepReport): void;
  addSamples(samples: readonly SampleReport[]): void;
  /** Everything added so far is written. @throws StaleAttemptError or what else stopped a write */
  flush(): Promise<void>;
}

const BATCH_MS = 400;

/** Steps come faster than pages need them: they are written in batches, one write at a time, in order. */
export function createStepWriter(prisma: PrismaClient, fence: Fence, stage: StageName): StepWriter {
  let steps: StepReport[] = [];
  let samples: SampleReport[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  const write = async () => {
    const [newSteps, newSamples] = [steps, samples];
    [steps, samples] = [[], []];
    await recordSteps(prisma, fence, stage, newSteps);
    await recordSamples(prisma, fence, newSamples);
  };
  const enqueue = () => {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(write);
    // Whoever flushes hears of it; until then nobody does.
    writing.catch(() => undefined);
    return writing;
  };
  const schedule = () => (timer ??= setTimeout(() => void enqueue(), BATCH_MS));
  return {
    addStep(step) {
      steps.push(step);
      schedule();
    },
    addSamples(more) {
      samples.push(...more);
      schedule();
    },
    flush: enqueue,
  };
}
