import type { PlaygroundRun } from '@rankloop/contracts';
import { cancelSideRun, type CancelSideRunOptions } from '../side-runs/cancel-side-run.ts';
import { viewPlaygroundRun } from './playground-rows.ts';

export async function cancelPlaygroundRun(
  options: Omit<CancelSideRunOptions, 'kind' | 'action'>,
): Promise<PlaygroundRun> {
  const run = await cancelSideRun({ ...options, kind: 'playground' });
  return viewPlaygroundRun(options.prisma, run);
}
