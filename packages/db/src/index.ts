export * from './generated/client.ts';
export { createDb, type CreateDbOptions, type Db } from './create-db.ts';
export { migrateDeploy, MigrationError, type MigrateDeployOptions } from './migrate/migrate-deploy.ts';
export { migrationsHash } from './migrate/migration-folder.ts';
export {
  schemaStatus,
  schemaStatusOf,
  type SchemaState,
  type SchemaStatus,
} from './migrate/schema-status.ts';
export type { Pool, PoolClient } from 'pg';
export {
  type ClaimedTaskRow,
  type ClaimOptions,
  claimSlot,
  countSlotsWithOthers,
} from './labeling/claim-slot.ts';
export {
  findJudgementByBody,
  findLease,
  type LeaseKey,
  type LeaseRow,
  type NewJudgementRow,
  writeJudgement,
  type WrittenJudgement,
} from './labeling/judgement-rows.ts';
export { releaseLeases, renewLeaseRow } from './labeling/lease-rows.ts';
