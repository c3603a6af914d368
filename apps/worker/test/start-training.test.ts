import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTraining } from '../src/rounds/start-training.ts';
import type { TrainingProcess } from '../src/training/training-process.ts';

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rankloop-engines-'));
  lock = path.join(folder, 'native.lock');
  writeFileSync(lock, '');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Training processes on wasm while the lock is there, on the native engine after it. */
function processes(lockOfFirst: string | null) {
  const started: { engine: string; isStopped: boolean }[] = [];
  const start = async (): Promise<TrainingProcess> => {
    const mine = { engine: started.length === 0 ? 'wasm' : 'native', isStopped: false };
    const held = started.length === 0 ? lockOfFirst : null;
    started.push(mine);
    return {
      pid: started.length,
      engine: { name: mine.engine, notBetter: [], threads: 1, setUp: { folder, lock: held } },
      run: () => Promise.reject(new Error('nothing to run')),
      stop: async () => {
        mine.isStopped = true;
      },
    };
  };
  return { started, start };
}

test('a round begins at once where no better engine is on its way', async () => {
  const { started, start } = processes(null);
  const sentences: string[] = [];
  const onWait = async (sentence: string) => void sentences.push(sentence);
  const training = await startTraining({
    signal: new AbortController().signal,
    modelWidth: 32,
    onWait,
    start,
  });
  expect(training.engine.name).toBe('wasm');
  expect([started.length, sentences]).toEqual([1, []]);
});

test('a round waits for the engine that is being prepared, says so, and computes on it', async () => {
  const { started, start } = processes(lock);
  const sentences: string[] = [];
  const training = await startTraining({
    signal: new AbortController().signal,
    modelWidth: 32,
    onWait: async (sentence) => {
      sentences.push(sentence);
      setTimeout(() => rmSync(lock), 50);
    },
    start,
  });
  expect(sentences).toEqual([
    'The native engine is being prepared. The round waits for it, 90 seconds at most.',
  ]);
  expect(training.engine.name).toBe('native');
  expect(started[0]).toEqual({ engine: 'wasm', isStopped: true });
});

test('a round does not wait longer than its limit, nor for a lock that nobody touches any more', async () => {
  const signal = new AbortController().signal;
  const onWait = async () => undefined;
  const slow = processes(lock);
  await startTraining({ signal, modelWidth: null, onWait, start: slow.start, maxWaitMs: 600 });
  expect(slow.started).toHaveLength(2);
  const past = new Date(Date.now() - 60_000);
  utimesSync(lock, past, past);
  const stale = processes(lock);
  await startTraining({ signal, modelWidth: null, onWait, start: stale.start, maxWaitMs: 3_600_000 });
  expect(stale.started).toHaveLength(2);
});

test('a waiting round stops when it is told to, and leaves no process', async () => {
  const { started, start } = processes(lock);
  const stop = new AbortController();
  const waiting = startTraining({
    signal: stop.signal,
    modelWidth: null,
    onWait: async () => stop.abort(new Error('cancelled')),
    start,
  });
  await expect(waiting).rejects.toThrow('cancelled');
  expect(started).toEqual([{ engine: 'wasm', isStopped: true }]);
});
