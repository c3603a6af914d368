import type { CurveRun } from '@rankloop/contracts';
import { cancelSideRun, type CancelSideRunOptions } from '../side-runs/cancel-side-run.ts';
import { viewCurveRun } from './curve-rows.ts';

export async function cancelCurve(options: Omit<CancelSideRunOptions, 'kind' | 'action'>): Promise<CurveRun> {
  const run = await cancelSideRun({ ...options, kind: 'learning_curve', action: 'curve.cancelled' });
  return viewCurveRun(options.prisma, run);
}
