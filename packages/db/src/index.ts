export * from './generated/client.ts';
export { createDb, type CreateDbOptions, type Db } from './create-db.ts';
export { createLookup, keyRows, type LookupSpec } from './create-lookup.ts';
export * from './platform.ts';
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
export {
  type BackedUpTable,
  backupTables,
  type BackupTablesOptions,
  type DatabaseBackup,
  restoreTables,
  type RestoreTablesOptions,
} from './backup/backup-tables.ts';
