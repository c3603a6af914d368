import { eventually } from '@rankloop/testkit';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { startTrainingProcess, TrainingLostError } from '../src/training/training-process.ts';
import { limitMs } from './crowded.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const countChildren = () => process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length;

test('a training process that is not ready in time is ended with a plain reason, and none stays', async () => {
  const before = countChildren();
  const starting = startTrainingProcess({ readyLimitMs: 1 });
  expect(countChildren()).toBe(before + 1);
  const error = await starting.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TrainingLostError);
  expect(error).toMatchObject({
    message: 'The training process was not ready to compute within 0.001 seconds',
  });
  await eventually(() => countChildren() === before, { what: 'the end of the process' });
});

test('a training process that is told to stop while it loads is gone at once', async () => {
  const before = countChildren();
  const stop = new AbortController();
  const starting = startTrainingProcess({ signal: stop.signal });
  stop.abort();
  await expect(starting).rejects.toBeInstanceOf(TrainingLostError);
  await eventually(() => countChildren() === before, {
    timeoutMs: limitMs(1000),
    what: 'the end of the process',
  });
});

/** The scheduling class and niceness of a process's threads (proc(5), fields 41 and 19 of stat). */
function threadsOf(pid: number): { policy: number; nice: number }[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    // The second field, the name, may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { policy: Number(fields[41 - 3]), nice: Number(fields[19 - 3]) };
  });
}

const IDLE = 5;
const isWithChrt = process.platform === 'linux' && spawnSync('chrt', ['--version']).status === 0;

test.runIf(isWithChrt)('people go first: no thread of a training is more than an idle task', async () => {
  vi.stubEnv('RANKLOOP_TRAINING_PRIORITY', '');
  const training = await startTrainingProcess();
  const threads = threadsOf(training.pid);
  await training.stop();
  expect(threads.length).toBeGreaterThan(1);
  expect(new Set(threads.map(({ policy }) => policy))).toEqual(new Set([IDLE]));
});

test.runIf(process.platform === 'linux')(
  'a training of low priority is at nice 10, and no idle task',
  async () => {
    vi.stubEnv('RANKLOOP_TRAINING_PRIORITY', 'low');
    const training = await startTrainingProcess();
    const [main] = threadsOf(training.pid);
    await training.stop();
    expect(main).toEqual({ policy: 0, nice: 10 });
  },
);
