import { accountRoutes } from './accounts.ts';
import { autoRoundRoutes } from './auto-rounds.ts';
import { budgetRoutes } from './budget.ts';
import { checkpointRoutes } from './checkpoints.ts';
import { datasetRoutes } from './datasets.ts';
import { labelingRoutes } from './labeling.ts';
import { playgroundRoutes } from './playground.ts';
import { projectRoutes } from './projects.ts';
import { roundRoutes } from './rounds.ts';
import { systemRoutes } from './system.ts';

/** Every operation under `/api/v1`: the server mounts exactly these, the browser's client is made from these. */
export const routes = {
  ...accountRoutes,
  ...projectRoutes,
  ...labelingRoutes,
  ...roundRoutes,
  ...autoRoundRoutes,
  ...checkpointRoutes,
  ...playgroundRoutes,
  ...budgetRoutes,
  ...datasetRoutes,
  ...systemRoutes,
};
export type Routes = typeof routes;
export type RouteName = keyof Routes;
