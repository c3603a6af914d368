import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  createDb,
  type Db,
  ensureDatabase,
  migrateDeploy,
  startEmbeddedPostgres,
  throwAwayHome,
} from '@rankloop/db';
import { prepareQueues } from '@rankloop/jobs';
import { endWithUs } from './end-with-us.ts';
import { startRedis, type Redis } from './redis.ts';

/** What the cells of one crew work on: a database and a data directory of their own. */
export interface World {
  url: string;
  db: Db;
  dataDir: string;
  close(): Promise<void>;
}

/** A PostgreSQL and a Redis of its own, which its cells may restart and empty. */
export interface Lane {
  /** Null where this machine has no redis-server. */
  redis: Redis | null;
  makeWorld(): Promise<World>;
  restartPostgres(): Promise<void>;
  close(): Promise<void>;
}

const TEMPLATE = 'crash_template';

export async function startLane(): Promise<Lane> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'rankloop-crash-'));
  endWithUs({ folder: scratch });
  const home = throwAwayHome(scratch);
  // With the settings that a restart has to be survived under, so not as a throw-away.
  const postgres = await startEmbeddedPostgres({ home });
  const control = (...args: string[]) => runPgCtl(path.join(home, 'data'), args);
  const redis = await startRedis(scratch);
  await makeTemplate(postgres.url);
  let worlds = 0;
  return {
    redis,
    async makeWorld() {
      const name = `world_${++worlds}`;
      await onServer(postgres.url, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
      const url = await ensureDatabase(postgres.url, name);
      const db = createDb({ url, max: 4, applicationName: 'rankloop bench' });
      const dataDir = path.join(scratch, name);
      mkdirSync(dataDir);
      return {
        url,
        db,
        dataDir,
        async close() {
          await db.close();
          await onServer(postgres.url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
          rmSync(dataDir, { recursive: true, force: true });
        },
      };
    },
    restartPostgres: () =>
      control('restart', '--mode', 'fast', '--log', path.join(home, 'data', 'restart.log')),
    async close() {
      await redis?.close();
      await control('stop', '--mode', 'fast');
      await postgres.stop();
      for (const folder of [scratch, home]) rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function makeTemplate(serverUrl: string): Promise<void> {
  const url = await ensureDatabase(serverUrl, TEMPLATE);
  await migrateDeploy({ url });
  await prepareQueues({ kind: 'postgres', url });
}

async function onServer(url: string, statement: string): Promise<void> {
  const db = createDb({ url, max: 1, applicationName: 'rankloop bench' });
  try {
    await db.pool.query(statement);
  } finally {
    await db.close();
  }
}

/** With the programs and under the user of the server that runs there; it keeps its port. */
async function runPgCtl(dataDir: string, args: readonly string[]): Promise<void> {
  const [server = ''] = readFileSync(path.join(dataDir, 'postmaster.opts'), 'utf8').split(' ');
  const { uid, gid } = statSync(dataDir);
  const program = path.join(path.dirname(server), 'pg_ctl');
  const child = spawn(program, [...args, '--pgdata', dataDir, '--wait'], {
    cwd: dataDir,
    stdio: 'ignore',
    ...(process.getuid?.() === 0 && { uid, gid }),
  });
  await once(child, 'exit');
  if (child.exitCode !== 0)
    throw new Error(`pg_ctl ${args[0] ?? ''} ended with ${child.exitCode ?? 'a signal'}.`);
}
