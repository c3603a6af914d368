export { claimSideRun } from './claim-side-run.ts';
export {
  beatSideRun,
  endSideRun,
  keepSideRunResult,
  releaseSideRun,
  SideRunLostError,
  type SideRunHold,
} from './held-side-run.ts';
export { reconcileSideRuns, sweepSideRuns } from './reconcile-side-runs.ts';
