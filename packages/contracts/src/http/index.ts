import { accountRoutes } from './accounts.ts';
import { datasetRoutes } from './datasets.ts';
import { labelingRoutes } from './labeling.ts';
import { projectRoutes } from './projects.ts';
import { roundRoutes } from './rounds.ts';
import { systemRoutes } from './system.ts';

/** Every operation under `/api/v1`: the server mounts exactly these, the browser's client is made from these. */
export const routes = {
  ...accountRoutes,
  ...projectRoutes,
  ...labelingRoutes,
  ...roundRoutes,
  ...datasetRoutes,
  ...systemRoutes,
};
export type Routes = typeof routes;
export type RouteName = keyof Routes;

export * from './accounts.ts';
export type * from './client-types.ts';
export * from './datasets.ts';
export * from './labeling.ts';
export * from './projects.ts';
export * from './rounds.ts';
export * from './route.ts';
export * from './system.ts';
