import { tmpdir } from 'node:os';
import { startEmbeddedPostgres, throwAwayHome } from '@rankloop/db';

/**
 * One throw-away PostgreSQL for the whole run, unless TEST_DATABASE_URL names a server (a superuser's
 * connection string). If the run is killed, the server ends and its folder goes all the same.
 */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  // Also set when another project of this run was here first.
  if (process.env['TEST_DATABASE_URL']) return undefined;
  const server = await startEmbeddedPostgres({ home: throwAwayHome(tmpdir()), throwAway: true });
  // Workers are started after this and inherit it.
  process.env['TEST_DATABASE_URL'] = server.url;
  return async () => {
    delete process.env['TEST_DATABASE_URL'];
    await server.stop();
  };
}
