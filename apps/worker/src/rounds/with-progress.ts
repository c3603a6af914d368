import { rm } from 'node:fs/promises';
import {
  beginStage,
  findProgress,
  heartbeat,
  logRound,
  removeProgress,
  StaleAttemptError,
  storeProgress,
  unfinishedProgress,
  type StageProgress,
} from '@rankloop/core';
import type { Beginning } from '../training/messages.ts';
import type { TrainingListeners } from '../training/training-process.ts';
import type { RoundContext } from './round-context.ts';
import { withSteps, type StepWriter, type WrittenStage } from './step-writer.ts';

/** What a kill may cost of a training's time. */
const SAVE_EVERY_MS = 10_000;

type Saving = Required<Pick<TrainingListeners, 'progress' | 'onBegun' | 'onSaved' | 'onUnsaved'>>;
type Context = Pick<RoundContext, 'prisma' | 'fence' | 'dataDir' | 'saveEveryMs'>;

/**
 * Begins a stage, or lets it go on where a dead attempt had saved it, and keeps what it saves on its way. Whatever goes
 * wrong with saving is said in the round's log and never ends a training.
 */
export async function withProgress<T>(
  context: Context,
  of: StageProgress,
  stage: WrittenStage,
  train: (writer: StepWriter, saving: Saving) => Promise<T>,
): Promise<T> {
  const { prisma, fence, dataDir, saveEveryMs = SAVE_EVERY_MS } = context;
  const { folder, damage } = await findProgress(of);
  const fallback = folder === null ? 'The stage begins anew.' : 'What was saved before it is taken.';
  for (const sentence of damage) await logRound(prisma, fence, `${sentence} ${fallback}`, 'warning');
  await beginStage(prisma, fence, stage.name, {
    drawsSamples: stage.drawsSamples,
    mayGoOn: folder !== null,
  });
  return withSteps(context, stage, async (writer) => {
    const keeper = createKeeper(context, of, writer);
    const progress = { folder: unfinishedProgress(dataDir), goOnFrom: folder, everyMs: saveEveryMs };
    try {
      return await train(writer, { progress, ...keeper });
    } finally {
      await keeper.settle();
    }
  });
}

type Keeper = Omit<Saving, 'progress'> & { settle(): Promise<void> };

function createKeeper({ prisma, fence }: Context, of: StageProgress, writer: StepWriter): Keeper {
  let work: Promise<void> = Promise.resolve();
  let isFailureSaid = false;
  const enqueue = (next: () => Promise<void>) => {
    // What is missed is a save or a sentence; an attempt that is over hears of it elsewhere.
    work = work.then(next).catch(() => undefined);
  };
  const sayFailure = async (reason: string) => {
    if (isFailureSaid) return;
    isFailureSaid = true;
    await logRound(
      prisma,
      fence,
      `The training could not be saved on its way (${reason}). It goes on; after a crash the stage would begin earlier.`,
      'warning',
    );
  };
  return {
    onBegun(beginning) {
      writer.beginAfter(beginning.step);
      enqueue(async () => {
        if (isAnew(beginning)) await removeProgress(of);
        const level = beginning.refusal === null ? 'info' : 'warning';
        await logRound(prisma, fence, describeBeginning(of.stage, beginning), level);
      });
    },
    onSaved(step, folder) {
      enqueue(async () => {
        try {
          // The rows of a step are there before the step counts as saved, and only the attempt in force saves.
          await writer.flush();
          await heartbeat(prisma, fence);
          await storeProgress(of, folder, step);
        } catch (error) {
          await rm(folder, { recursive: true, force: true }).catch(() => undefined);
          if (error instanceof StaleAttemptError) return;
          await sayFailure(error instanceof Error ? error.message : String(error));
        }
      });
    },
    onUnsaved(reason) {
      enqueue(() => sayFailure(reason));
    },
    settle: () => work,
  };
}

/** A training may also go on within its first step, which is not told yet. */
function isAnew({ step, refusal }: Beginning): boolean {
  return step === 0 && refusal !== null;
}

function describeBeginning(stage: string, beginning: Beginning): string {
  const { step, refusal, differences } = beginning;
  if (isAnew(beginning))
    return `What was saved of "${stage}" cannot be used, and the stage begins anew. ${refusal}`;
  const exactly =
    differences.length === 0
      ? 'Its numbers are those of a run without a stop.'
      : `It was saved with another ${differences.join(', another ')}: numbers agree with a run without a stop to about 0.0001.`;
  const where = step === 0 ? 'within its first step' : `after step ${step}`;
  return `"${stage}" goes on ${where}. ${exactly}`;
}
