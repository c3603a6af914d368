import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockHolder, takeLock } from './lock.mjs';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rankloop-lock-'));
  file = path.join(folder, 'some.lock');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const release = (taken: Awaited<ReturnType<typeof takeLock>>): void => {
  if ('release' in taken) taken.release();
};

test('a held lock names its holder, and is free after its release', async () => {
  const first = await takeLock(file, { what: 'first' });
  expect(await takeLock(file, { what: 'second' })).toMatchObject({
    holder: { pid: process.pid, what: 'first' },
  });
  release(first);
  expect(existsSync(file)).toBe(false);
  const second = await takeLock(file, { what: 'second' });
  expect(lockHolder(file)).toMatchObject({ what: 'second' });
  release(second);
});

test('who waits says so once and gets the lock when it is released', async () => {
  const first = await takeLock(file, { what: 'first' });
  const waits: string[] = [];
  const second = takeLock(file, {
    what: 'second',
    wait: (holder) => {
      waits.push(holder.what);
      release(first);
    },
  });
  release(await second);
  expect(waits).toEqual(['first']);
});

test('the lock of a process that is gone is taken', async () => {
  const gone = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => gone.once('exit', resolve));
  writeFileSync(file, JSON.stringify({ pid: gone.pid, host: hostname(), what: 'gone' }));
  expect(lockHolder(file)).toBeUndefined();
  release(await takeLock(file, { what: 'next' }));
});

test('a process that got the number of a dead holder is not mistaken for it', async () => {
  writeFileSync(file, JSON.stringify({ pid: process.pid, born: '1', host: hostname(), what: 'gone' }));
  expect(lockHolder(file)).toBeUndefined();
  release(await takeLock(file, { what: 'next' }));
});

const CONTENDERS = 6;

test('of many processes that find a dead holder, one at a time has the lock', async () => {
  writeFileSync(file, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), what: 'gone' }));
  const log = path.join(folder, 'log');
  const script = `
    import { appendFileSync, readFileSync } from 'node:fs';
    import { setTimeout as pause } from 'node:timers/promises';
    import { takeLock } from ${JSON.stringify(path.join(import.meta.dirname, 'lock.mjs'))};
    const [file, log, arrivals] = process.argv.slice(1);
    appendFileSync(arrivals, '.');
    const lock = await takeLock(file, { what: 'one', wait: () => {} });
    appendFileSync(log, 'in ');
    // Held until all are at the lock.
    while (readFileSync(arrivals, 'utf8').length < ${CONTENDERS}) await pause(5);
    appendFileSync(log, 'out ');
    lock.release();`;
  const args = ['--input-type=module', '-e', script, file, log, path.join(folder, 'arrivals')];
  const contenders = Array.from({ length: CONTENDERS }, () =>
    spawn(process.execPath, args, { stdio: 'inherit' }),
  );
  await Promise.all(contenders.map((contender) => new Promise((resolve) => contender.once('exit', resolve))));
  expect(readFileSync(log, 'utf8')).toBe('in out '.repeat(CONTENDERS));
});
