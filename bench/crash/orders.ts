import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FaultPoint } from '@rankloop/contracts';
import { endWithUs } from './end-with-us.ts';

export type Action = 'hold' | 'disk-full' | 'disk-error' | 'use-up-memory';

/** What the first process that comes to a point has to do there. */
export interface Order {
  /** The id of the process that came there; null as long as none did. */
  findReached: () => number | null;
  /** Whoever is held goes on, now or when it wakes up. */
  release(): void;
}

/** The other side of `hold.mjs`: one order after the other, for the processes of one crew. */
export interface Orders {
  folder: string;
  give(point: FaultPoint, action: Action): Order;
  close(): void;
}

export function openOrders(): Orders {
  const folder = mkdtempSync(path.join(tmpdir(), 'rankloop-orders-'));
  endWithUs({ folder });
  const file = (name: string) => path.join(folder, name);
  let id = 0;
  return {
    folder,
    give(point, action) {
      id += 1;
      const [reached, release] = [file(`reached-${id}`), file(`release-${id}`)];
      // In one step: nobody reads half an order.
      writeFileSync(file('order.new'), JSON.stringify({ id, point, action }));
      renameSync(file('order.new'), file('order'));
      return {
        findReached: () => (existsSync(reached) ? Number(readFileSync(reached, 'utf8')) : null),
        release: () => writeFileSync(release, ''),
      };
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
