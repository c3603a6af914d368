import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nameOf, SAMPLE } from './faults.ts';
import { startLane, type Lane } from './lane.ts';
import { runCell } from './run-cell.ts';
import { bundleWorker } from './worker-program.ts';

let bundle: string;
let lane: Lane;
beforeAll(async () => {
  bundle = await bundleWorker();
  lane = await startLane();
});
afterAll(async () => {
  await lane.close();
  rmSync(bundle, { recursive: true, force: true });
});

test.each(SAMPLE.map((cell) => ({ name: nameOf(cell), ...cell })))(
  '$name and the round ends with one new policy or a clean failure, and nothing stays behind',
  async ({ point, fault }) => {
    const cell = { point, fault };
    const { state, faults } = await runCell({ cell, lane, bundle, isPatient: false });
    expect(faults).toEqual([]);
    expect(state).toBe(fault === 'disk full' ? 'failed' : 'succeeded');
  },
);
