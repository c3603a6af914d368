import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
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

export interface BenchServer {
  db: Db;
  url: string;
  dataDir: string;
  origin: string;
  postgresPid: number;
  apiPid: () => number;
  /** Ends the API as a crash would, and starts it again. */
  killAndRestart(pauseMs: number): Promise<void>;
  close(): Promise<void>;
}

const READY_MS = 120_000;

/** The product's own front door in its production build, on an embedded PostgreSQL with its usual settings. */
export async function startBenchServer({ webOrigin = '' } = {}): Promise<BenchServer> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'rankloop-bench-'));
  const home = throwAwayHome(dataDir);
  const postgres = await startEmbeddedPostgres({ home });
  const url = await ensureDatabase(postgres.url, 'rankloop_bench');
  await migrateDeploy({ url });
  const db = createDb({ url, max: 4, applicationName: 'rankloop bench' });
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const start = () => startApi({ url, dataDir, port, origin, webOrigin });
  let api = await start();
  return {
    db,
    url,
    dataDir,
    origin,
    postgresPid: postgres.pid,
    apiPid: () => api.pid ?? 0,
    killAndRestart: async (pauseMs) => {
      await end(api, 'SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      api = await start();
    },
    close: async () => {
      await end(api, 'SIGTERM');
      await db.close();
      await postgres.stop();
      for (const folder of [dataDir, home]) rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function end(api: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (api.exitCode !== null || api.signalCode !== null) return;
  const ended = once(api, 'exit');
  api.kill(signal);
  await ended;
}

interface ApiPlace {
  url: string;
  dataDir: string;
  port: number;
  origin: string;
  /** Where the pages are; empty: the API stands alone. */
  webOrigin: string;
}

async function startApi({ url, dataDir, port, origin, webOrigin }: ApiPlace): Promise<ChildProcess> {
  const api = spawn(process.execPath, [path.resolve('apps/api/dist/main.js')], {
    // Warnings of the server belong on stderr: stdout is for figures.
    stdio: ['ignore', 2, 2],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      DATABASE_URL: url,
      REDIS_URL: '',
      HOST: '127.0.0.1',
      PORT: String(port),
      PUBLIC_URL: origin,
      ...(webOrigin !== '' && { WEB_ORIGIN: webOrigin }),
      RANKLOOP_DATA_DIR: dataDir,
      LOG_LEVEL: 'warn',
    },
  });
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(`${origin}/api/health/live`).catch(() => null);
    if (answer?.ok === true) return api;
    if (api.exitCode !== null) throw new Error('The API ended while starting.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('The API did not start in time.');
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port.');
  return address.port;
}
