import { rm } from 'node:fs/promises';
import { CurveKept, CurveRequest, keepSideRunResult, newCheckpointFolder } from '@rankloop/core';
import type { PrismaClient } from '@rankloop/db';
import { planCurve, summariseCurve, type PlannedCell } from '@rankloop/rl';
import { z } from 'zod';
import { findCheckpointFolder } from '../side-runs/checkpoint-folder.ts';
import type { SideRunWork } from '../side-runs/work-on-side-run.ts';
import { TrainingFailedError, type TrainingProcess } from '../training/training-process.ts';
import { readCurveExamples } from './read-examples.ts';

interface MeasureOptions extends SideRunWork {
  prisma: PrismaClient;
  dataDir: string;
  training: TrainingProcess;
}

/** Trains one small reward model after the other. What an earlier worker has measured is not measured again. */
export async function measureCurve(options: MeasureOptions): Promise<void> {
  const { prisma, dataDir, run, hold, signal } = options;
  const request = CurveRequest.parse(run.request);
  const base = await findCheckpointFolder(prisma, { dataDir, checkpointId: request.policyId });
  const plan = planCurve(await readCurveExamples(prisma, request), request.seed);
  const { cells } = CurveKept.parse(run.result);
  const total = plan.cells.length;
  const keep = () => {
    const result: CurveKept = { cells, summary: summariseCurve(cells, plan) };
    return keepSideRunResult(prisma, hold, { result, done: cells.length, total });
  };
  await keep();
  for (const cell of plan.cells.slice(cells.length)) {
    signal.throwIfAborted();
    const { repeat, part, labels } = cell;
    cells.push({ repeat, part, labels, accuracy: await trainCell(options, { cell, base, request }) });
    await keep();
  }
}

const Measured = z.object({ heldOutAccuracy: z.object({ value: z.number() }).nullable() });

/** The model itself is thrown away. */
async function trainCell(
  { dataDir, training }: MeasureOptions,
  { cell, base, request }: { cell: PlannedCell; base: string; request: CurveRequest },
): Promise<number | null> {
  const outDir = await newCheckpointFolder(dataDir);
  const { seed, train, heldOut } = cell;
  const { sampling } = request;
  // How its scores are scaled does not change which output it prefers.
  const config = { ...request.config, normalisationSamples: 8 };
  try {
    const { heldOutAccuracy } = await training.run(
      { kind: 'reward', base, outDir, examples: train, heldOut, config, sampling, seed },
      Measured,
    );
    return heldOutAccuracy?.value ?? null;
  } catch (error) {
    // A handful of judgements may hold no preference: that is a point less, and no failure of the curve.
    if (error instanceof TrainingFailedError && error.message.startsWith('There is nothing to learn'))
      return null;
    throw error;
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
}
