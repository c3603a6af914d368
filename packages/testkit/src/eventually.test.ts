import { expect, test } from 'vitest';
import { eventually } from './eventually.ts';

test('it returns the first truthy value', async () => {
  let calls = 0;
  expect(await eventually(() => (++calls >= 3 ? calls : undefined), { intervalMs: 1 })).toBe(3);
});

test('a condition that throws is asked again', async () => {
  let calls = 0;
  const value = await eventually(
    () => {
      if (++calls < 3) throw new Error('not yet');
      return 'there';
    },
    { intervalMs: 1 },
  );
  expect(value).toBe('there');
});

test('when the time is up it says what it waited for and why it failed last', async () => {
  const waiting = eventually(
    () => {
      throw new Error('still closed');
    },
    { timeoutMs: 20, intervalMs: 5, what: 'the door' },
  );
  await expect(waiting).rejects.toMatchObject({
    message: 'Waited 20 ms in vain for the door.',
    cause: { message: 'still closed' },
  });
});
