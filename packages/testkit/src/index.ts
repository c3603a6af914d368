export * from './factories.ts';
export { eventually, type EventuallyOptions } from './eventually.ts';
export {
  createEmptyDatabase,
  createTestDatabase,
  type CreateTestDatabaseOptions,
  type TestDatabase,
} from './test-database.ts';
