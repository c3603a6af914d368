import { defineConfig } from 'prisma/config';

/** The schema is a folder; migrations are applied by packages/db, not by the CLI's native engine. */
export default defineConfig({
  schema: 'prisma',
  migrations: { path: 'prisma/migrations' },
});
