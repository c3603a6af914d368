export { checkLineage, type CheckLineageOptions } from './check-lineage.ts';
export { excludeLabeler, includeLabeler } from './exclude-labeler.ts';
export { getCheckpointLineage } from './get-checkpoint-lineage.ts';
export { listLineageLabelers } from './list-lineage-labelers.ts';
export { listLineageSteps } from './list-lineage-steps.ts';
export { traceJudgement } from './trace-judgement.ts';
export { traceLabeler } from './trace-labeler.ts';
