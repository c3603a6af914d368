import { createDb, type Db } from '@rankloop/db';
import { readEnv, type CliConfig } from './env.ts';

export interface CliContext {
  config: CliConfig;
  db: Db;
}

/** Opens what a command needs and closes it again, so that the process ends by itself. */
export async function withContext<T>(work: (context: CliContext) => Promise<T>): Promise<T> {
  const config = readEnv(process.env);
  const db = createDb({ url: config.databaseUrl, max: 4, applicationName: 'rankloop cli' });
  try {
    // First a bare question: its error says what is wrong with the address, where Prisma's shows source code.
    await db.pool.query('SELECT 1');
    return await work({ config, db });
  } finally {
    await db.close();
  }
}
