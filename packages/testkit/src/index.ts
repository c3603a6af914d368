export * from './factories.ts';
export { eventually, type EventuallyOptions } from './eventually.ts';
export { programFile } from './programs.ts';
export { createTestDatabase, type CreateTestDatabaseOptions, type TestDatabase } from './test-database.ts';
