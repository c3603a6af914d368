import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FaultPoint } from '@rankloop/contracts';
import { endWithUs } from './end-with-us.ts';

export type Action = 'hold' | 'disk-full' | 'disk-error' | 'use-up-memory';

/** The other side of `hold.mjs`. */
export interface Orders {
  folder: string;
  give(point: FaultPoint, action: Action): void;
  /** The id of the process that came there; null as long as none did. */
  findReached: () => number | null;
  release(): void;
  close(): void;
}

export function openOrders(): Orders {
  const folder = mkdtempSync(path.join(tmpdir(), 'rankloop-orders-'));
  endWithUs({ folder });
  const file = (name: string) => path.join(folder, name);
  return {
    folder,
    give(point, action) {
      // In one step: nobody reads half an order.
      writeFileSync(file('order.new'), JSON.stringify({ point, action }));
      renameSync(file('order.new'), file('order'));
    },
    findReached: () => (existsSync(file('reached')) ? Number(readFileSync(file('reached'), 'utf8')) : null),
    release: () => writeFileSync(file('release'), ''),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
