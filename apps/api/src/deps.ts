import type { Db } from '@rankloop/db';
import type { Queues } from '@rankloop/jobs';
import type { ApiConfig } from './env.ts';
import type { LiveHub } from './live/live-hub.ts';
import type { Metrics } from './http/metrics.ts';

/** What the process edge gives: everything that reaches outside. */
export interface AppDeps {
  config: ApiConfig;
  db: Db;
  queues: Queues;
}

/** What a feature's routes are made from. */
export interface FeatureDeps extends AppDeps {
  live: LiveHub;
  metrics: Metrics;
}
