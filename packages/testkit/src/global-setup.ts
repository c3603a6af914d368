import { tmpdir } from 'node:os';
import { startEmbeddedPostgres, throwAwayHome } from '@rankloop/db';
import { bundlePrograms } from './programs.ts';

/** What all tests of a run share: a PostgreSQL, and the programs that they start. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  // Also set when another project of this run was here first.
  if (process.env['RANKLOOP_TEST_PROGRAMS']) return undefined;
  const [removePrograms, stopServer] = await Promise.all([bundlePrograms(), startServer()]);
  return async () => {
    removePrograms();
    await stopServer();
  };
}

/**
 * One throw-away PostgreSQL for the whole run, unless TEST_DATABASE_URL names a server (a superuser's
 * connection string). If the run is killed, the server ends and its folder goes all the same.
 */
async function startServer(): Promise<() => Promise<void>> {
  if (process.env['TEST_DATABASE_URL']) return async () => undefined;
  const server = await startEmbeddedPostgres({ home: throwAwayHome(tmpdir()), throwAway: true });
  process.env['TEST_DATABASE_URL'] = server.url;
  return async () => {
    delete process.env['TEST_DATABASE_URL'];
    await server.stop();
  };
}
