export * from './factories.ts';
export { eventually, type EventuallyOptions } from './eventually.ts';
export { freePort } from './free-port.ts';
export { programFile } from './programs.ts';
export {
  createTestDatabase,
  openTestDatabase,
  type CreateTestDatabaseOptions,
  type TestDatabase,
} from './test-database.ts';
