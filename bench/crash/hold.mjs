// Loaded before the worker of a cell, and before its training process, by `--import` in NODE_OPTIONS. It carries out
// one order after the other, each at the fault point that it names: stand still, meet a broken disk, or use up the memory.

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import path from 'node:path';

const folder = new URL(import.meta.url).searchParams.get('folder') ?? '.';
const file = (name) => path.join(folder, name);
const LOOK_MS = 5;

// Training gives way to people's work. Here it is all there is to wait for, on a machine that may be busy.
os.setPriority = () => undefined;
syncBuiltinESMExports();

globalThis.rankloopFaultPoint = (point) => {
  const order = takeOrder(point);
  if (order === undefined) return;
  writeFileSync(file(`reached-${order.id}.new`), String(process.pid));
  renameSync(file(`reached-${order.id}.new`), file(`reached-${order.id}`));
  ACTIONS[order.action](order.id);
};

const ACTIONS = {
  /** As if no time passed: the whole process waits. */
  hold(id) {
    const nothing = new Int32Array(new SharedArrayBuffer(4));
    while (!existsSync(file(`release-${id}`))) Atomics.wait(nothing, 0, 0, LOOK_MS);
  },
  'disk-full'() {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  },
  'disk-error'() {
    throw Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO' });
  },
  'use-up-memory'() {
    const kept = [];
    for (;;) kept.push(Array.from({ length: 100_000 }, () => ({ more: kept.length })));
  },
};

/** Whoever renames the order carries it out; everybody else finds none. */
function takeOrder(point) {
  try {
    const order = JSON.parse(readFileSync(file('order'), 'utf8'));
    if (order.point !== point) return undefined;
    renameSync(file('order'), file(`taken-${order.id}`));
    return order;
  } catch {
    return undefined;
  }
}
