export * from './accounts.ts';
export type * from './client-types.ts';
export * from './datasets.ts';
export * from './labeling.ts';
export * from './projects.ts';
export * from './rounds.ts';
export * from './route.ts';
export * from './system.ts';
export * from './routes.ts';
