// Threads that decode beside this one, started when the first large batch comes and kept for the next.

import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { HelperFailure } from './helper-failure.ts';

/** More share the memory's speed and little else. */
const MOST_THREADS = 7;

export interface Helper {
  readonly worker: Worker;
}

/** Undefined before the first are needed; empty where there are none, or none any more. */
let crew: Helper[] | undefined;
const idle = new Set<Helper>();
let tellTrouble: (sentence: string) => void = (sentence) => process.emitWarning(sentence);

/**
 * Helpers that are free; they are the caller's until `giveBack`. None while the first ones are still starting, or where
 * threads cannot be started: then the caller decodes alone, with the same result.
 */
export function takeHelpers(): Helper[] {
  crew ??= startCrew();
  const taken = [...idle];
  for (const helper of taken) {
    idle.delete(helper);
    helper.worker.ref();
  }
  return taken;
}

export function giveBack(helpers: readonly Helper[]): void {
  for (const helper of helpers) {
    if (crew?.includes(helper) !== true) continue;
    helper.worker.unref();
    idle.add(helper);
  }
}

/** For a helper whose state is unknown. */
export function dismiss(helper: Helper): void {
  crew = crew?.filter((other) => other !== helper);
  void helper.worker.terminate();
}

/** Who hears that this process draws with one thread from now on; a warning of the process, if nobody asks. */
export function onThreadTrouble(tell: (sentence: string) => void): void {
  tellTrouble = tell;
}

/** One failed, so none is trusted any more: this process goes on with one thread, and says so once. */
export function giveUpThreads({ message }: HelperFailure): void {
  const ending = crew ?? [];
  crew = [];
  idle.clear();
  for (const { worker } of ending) void worker.terminate();
  tellTrouble(
    `A thread that helps to draw outputs failed: ${message} The same outputs are drawn by one thread from here on, which takes longer.`,
  );
}

/** Ends all threads; the next batch starts them anew. Resolves when they are gone. */
export async function endCrew(): Promise<void> {
  const ending = crew ?? [];
  crew = undefined;
  idle.clear();
  await Promise.all(ending.map(({ worker }) => worker.terminate()));
}

/** Resolves when every thread that is being started has become free, or has gone. */
export async function crewReady(): Promise<void> {
  crew ??= startCrew();
  await Promise.all(
    crew
      .filter((helper) => !idle.has(helper))
      .map(({ worker }) => new Promise((resolve) => worker.once('message', resolve).once('exit', resolve))),
  );
}

function startCrew(): Helper[] {
  return Array.from({ length: helpersFor(availableParallelism()) }, startThread).flatMap((worker) => {
    if (worker === null) return [];
    const helper: Helper = { worker };
    worker.unref();
    // Its first word is that it is ready.
    worker.once('message', () => {
      if (crew?.includes(helper) === true) idle.add(helper);
    });
    // One that cannot run leaves the work to the others.
    worker.on('error', () => undefined);
    worker.once('exit', () => {
      idle.delete(helper);
      crew = crew?.filter((other) => other !== helper);
    });
    return [helper];
  });
}

/** From source through tsx, whose hooks a thread does not inherit; a bundle has the entry beside it. */
function startThread(): Worker | null {
  if (import.meta.url.endsWith('.ts')) {
    const entry = JSON.stringify(new URL('./decode.thread.ts', import.meta.url).href);
    const script = `import('tsx/esm/api').then(({ register }) => { register(); return import(${entry}); });`;
    return new Worker(script, { eval: true, execArgv: [] });
  }
  const entry = new URL('./decode.thread.js', import.meta.url);
  return existsSync(fileURLToPath(entry)) ? new Worker(entry) : null;
}

/** Beside this thread; with more than two processors one is left to the rest of the product. */
function helpersFor(processors: number): number {
  return Math.min(MOST_THREADS, processors <= 2 ? processors - 1 : processors - 2);
}
