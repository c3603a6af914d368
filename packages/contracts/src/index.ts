import './strict-csp.ts';

export * from './audit.ts';
export * from './common.ts';
export * from './errors.ts';
export * from './fault-points.ts';
export * from './form.ts';
export * from './http/index.ts';
export * from './imported-row.ts';
export * from './jobs.ts';
export * from './judgement.ts';
export * from './recipes.ts';
