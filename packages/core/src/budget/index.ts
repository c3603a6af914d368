export { adviseBudget } from './advise-budget.ts';
export { CurveKept, CurveRequest, viewCurveRun } from './curve-rows.ts';
export { cancelCurve } from './cancel-curve.ts';
export { getBudget } from './get-budget.ts';
export { startCurve } from './start-curve.ts';
