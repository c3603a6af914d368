import { heartbeat, isCancelRequested, type Fence } from '@rankloop/core';
import type { PrismaClient } from '@rankloop/db';

/** Why an attempt stops before its end, as the reason of its signal. */
export class AttemptStopped extends Error {
  override readonly name = 'AttemptStopped';
  readonly why: 'cancelled' | 'stale' | 'shutdown';
  constructor(why: AttemptStopped['why'], cause?: unknown) {
    super(`The attempt was stopped: ${why}.`, { cause });
    this.why = why;
  }
}

export interface AttemptLife {
  /** Aborted with an `AttemptStopped`. */
  readonly signal: AbortSignal;
  /** Resolves when nothing more is written. */
  end(): Promise<void>;
}

const HEARTBEAT_MS = 2000;
/** With the training process's 1.5 s of grace, a cancelled round has stopped within 2 s. */
const CANCEL_POLL_MS = 300;

/** Says every 2 s that the attempt lives, and hears when it should not any more. */
export function liveAttempt(options: {
  prisma: PrismaClient;
  fence: Fence;
  shutdown: AbortSignal;
  onError: (error: unknown) => void;
}): AttemptLife {
  const { prisma, fence, shutdown, onError } = options;
  const life = new AbortController();
  const stop = (why: AttemptStopped['why']) => life.abort(new AttemptStopped(why));
  const onShutdown = () => stop('shutdown');
  shutdown.addEventListener('abort', onShutdown, { once: true });
  if (shutdown.aborted) onShutdown();

  // A database that is away for a moment is not the end: the reconciler's limit is.
  const hear = (error: unknown) => {
    if (error instanceof Error && error.name === 'StaleAttemptError') stop('stale');
    else onError(error);
  };
  const beating = repeat(HEARTBEAT_MS, () => heartbeat(prisma, fence).catch(hear));
  const listening = repeat(CANCEL_POLL_MS, () =>
    isCancelRequested(prisma, fence).then((isRequested) => {
      if (isRequested) stop('cancelled');
    }, hear),
  );
  return {
    signal: life.signal,
    async end() {
      shutdown.removeEventListener('abort', onShutdown);
      await Promise.all([beating.stop(), listening.stop()]);
    },
  };
}

/** One run at a time, the next one `ms` after the end of the last. */
export function repeat(ms: number, work: () => Promise<unknown>): { stop(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();
  const runOnce = async () => {
    await work();
    if (!isStopped) schedule();
  };
  const schedule = () => {
    timer = setTimeout(() => {
      running = runOnce();
    }, ms);
  };
  schedule();
  return {
    /** Resolves when a run that is under way has ended. */
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
