import { eventually } from '@rankloop/testkit';
import { expect, test } from 'vitest';
import { startTrainingProcess, TrainingLostError } from '../src/training/training-process.ts';
import { limitMs } from './crowded.ts';

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
