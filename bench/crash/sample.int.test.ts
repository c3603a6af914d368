import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCrew, type Crew } from './crew.ts';
import { nameOf, SAMPLE } from './faults.ts';
import { startLane, type Lane } from './lane.ts';
import { runCell } from './run-cell.ts';
import { bundleWorker } from './worker-program.ts';

let bundle: string;
let lane: Lane;
let crew: Crew;
beforeAll(async () => {
  bundle = await bundleWorker();
  lane = await startLane();
  crew = await startCrew({ kind: 'usual', lane, bundle });
});
afterAll(async () => {
  const found = await crew.close();
  await lane.close();
  rmSync(bundle, { recursive: true, force: true });
  expect(found).toEqual([]);
});

test.each(SAMPLE.map((cell) => ({ name: nameOf(cell), ...cell })))(
  '$name and the round ends with one new policy or a clean failure, and nothing stays behind',
  async ({ point, fault }) => {
    const cell = { point, fault };
    const { state, faults } = await runCell({ cell, lane, crew, isPatient: false });
    expect(faults, crew.output()).toEqual([]);
    expect(state).toBe(fault === 'disk full' ? 'failed' : 'succeeded');
  },
);
