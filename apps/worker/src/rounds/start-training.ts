import { statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { startTrainingProcess, type TrainingProcess } from '../training/training-process.ts';

/** A faster engine is worth that much of a round's time, and no more. */
const ENGINE_WAIT_MS = 90_000;
const LOOK_MS = 500;
/** Who prepares an engine touches its lock every 5 s; an older one was left by a process that was killed. */
const STALE_LOCK_MS = 30_000;

export interface StartTrainingOptions {
  signal: AbortSignal;
  /** Of the hidden states of the round's model; null where it is not known. */
  modelWidth: number | null;
  /** Called when the round has to wait for its engine. */
  onWait: (sentence: string) => Promise<void>;
  /** Hears what people should know although the round goes on. */
  onNotice?: (sentence: string) => void;
  start?: typeof startTrainingProcess;
  maxWaitMs?: number;
}

/**
 * A training process on the best engine that there is or will be soon: while the native one is being prepared, a
 * round waits for it, 90 seconds at most.
 * @throws the signal's reason, TrainingLostError, TrainingFailedError
 */
export async function startTraining(options: StartTrainingOptions): Promise<TrainingProcess> {
  const { signal, onWait, start = startTrainingProcess, maxWaitMs = ENGINE_WAIT_MS } = options;
  const { modelWidth, onNotice } = options;
  const settings = { signal, modelWidth, ...(onNotice && { onNotice }) };
  const training = await start(settings);
  const { lock } = training.engine.setUp;
  if (lock === null) return training;
  await training.stop();
  await onWait(
    `The native engine is being prepared. The round waits for it, ${maxWaitMs / 1000} seconds at most.`,
  );
  const end = Date.now() + maxWaitMs;
  while (isHeld(lock) && Date.now() < end && !signal.aborted) await pause(LOOK_MS);
  signal.throwIfAborted();
  return start(settings);
}

function isHeld(lock: string): boolean {
  const touched = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return Date.now() - touched < STALE_LOCK_MS;
}
