import { CurveResult, Id, RewardConfig, SamplingConfig, type CurveRun } from '@rankloop/contracts';
import type { Prisma, SideRun } from '@rankloop/db';
import { z } from 'zod';
import { viewSideRun } from '../side-runs/side-run-view.ts';

/** As a side run of this kind keeps it: everything that the measuring depends on. */
export const CurveRequest = z.object({
  snapshotId: Id,
  judgements: z.number().int(),
  /** The policy in use, from which the reward models begin. */
  policyId: Id,
  config: RewardConfig,
  sampling: SamplingConfig,
  seed: z.number().int(),
});
export type CurveRequest = z.infer<typeof CurveRequest>;

/** A reward model that was trained for the curve. */
const CurveCell = z.object({
  repeat: z.number().int(),
  /** `size`: a point of the curve; else a side of a comparison. */
  part: z.enum(['size', 'deep', 'wide', 'fresh', 'older']),
  labels: z.number().int(),
  /** Null where no held-out pair was there. */
  accuracy: z.number().nullable(),
});

const NOTHING: CurveResult = { points: [], forecast: [], deep: null, fresh: null, why: null };

export const CurveKept = z.object({
  cells: z.array(CurveCell).default([]),
  summary: CurveResult.default(NOTHING),
});
export type CurveKept = z.infer<typeof CurveKept>;

export async function viewCurveRun(
  reader: Pick<Prisma.TransactionClient, 'sideRun'>,
  run: SideRun,
): Promise<CurveRun> {
  const { done, total, startedAt, state } = run;
  const secondsSince = startedAt ? (Date.now() - startedAt.getTime()) / 1000 : 0;
  return {
    ...(await viewSideRun(reader, run)),
    done,
    total,
    secondsLeft: state === 'running' && done > 0 ? (secondsSince / done) * (total - done) : null,
    judgements: CurveRequest.parse(run.request).judgements,
    result: CurveKept.parse(run.result).summary,
  };
}
