// What the start scripts need, without loading the generated client.
export { PlainError } from './plain-error.ts';
export { embeddedHome, throwAwayHome } from './embedded/embedded-home.ts';
export {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type StartEmbeddedPostgresOptions,
} from './embedded/embedded-postgres.ts';
export { ensureDatabase } from './ensure-database.ts';
export { explainDatabaseError } from './explain-database-error.ts';
export { migrateDeploy, MigrationError, type MigrateDeployOptions } from './migrate/migrate-deploy.ts';
export { migrationsHash } from './migrate/migration-folder.ts';
export {
  schemaStatus,
  schemaStatusOf,
  type SchemaState,
  type SchemaStatus,
} from './migrate/schema-status.ts';
