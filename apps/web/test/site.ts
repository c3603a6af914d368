// The product on ports of its own: database, API as the front door, pages behind it, and a worker where one is asked for.

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTestDatabase, eventually, freePort, programFile } from '@rankloop/testkit';
import { z } from 'zod';

const ROOT = join(import.meta.dirname, '../../..');
const STANDALONE = join(ROOT, 'apps/web/.next/standalone/apps/web');

const DemoSignIn = z.object({ role: z.string(), email: z.string(), password: z.string() });
export type DemoSignIn = z.infer<typeof DemoSignIn>;

/** What a test has to know of a site, wherever it was started. */
export interface SiteAddress {
  origin: string;
  databaseUrl: string;
  demoAccounts: DemoSignIn[];
}

export interface Site extends SiteAddress {
  /** Stops the API, does something, and starts it again at the same address. */
  restartApi: (whileAway: () => Promise<void>) => Promise<void>;
  close: () => Promise<void>;
}

/** Whether the pages have been built. */
export const hasPages = (): boolean => existsSync(join(STANDALONE, 'server.js'));

/** @param options.demo with the demo project loaded, and a worker that runs rounds */
export async function startSite({ demo }: { demo: boolean }): Promise<Site> {
  if (!hasPages())
    throw new Error('The pages are not built: run "npm run build" first, or the tests through "npm test".');
  await cp(join(ROOT, 'apps/web/.next/static'), join(STANDALONE, '.next/static'), { recursive: true });
  const database = await createTestDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'rankloop-web-'));
  const [apiPort, webPort] = [await freePort(), await freePort()];
  const origin = `http://localhost:${apiPort}`;
  const env = {
    DATABASE_URL: database.url,
    PUBLIC_URL: origin,
    RANKLOOP_DATA_DIR: dataDir,
    RANKLOOP_DEMO: demo ? '1' : '0',
    LOG_LEVEL: 'warn',
  };
  const demoAccounts = demo ? await seedDemo(env) : [];
  const startApi = () =>
    start([programFile('api')], ROOT, {
      ...env,
      HOST: '127.0.0.1',
      PORT: String(apiPort),
      WEB_ORIGIN: `http://127.0.0.1:${webPort}`,
    });
  let api = startApi();
  const children = [start(['server.js'], STANDALONE, { PORT: String(webPort), HOSTNAME: '127.0.0.1' })];
  if (demo)
    children.push(
      start([programFile('worker')], ROOT, {
        ...env,
        API_ORIGIN: `http://127.0.0.1:${apiPort}`,
        // The tests keep all processors busy: an idle task would wait for most of them.
        RANKLOOP_TRAINING_PRIORITY: 'low',
      }),
    );
  const untilUp = () =>
    eventually(async () => (await fetch(`${origin}/sign-in`)).ok, { timeoutMs: 180_000, what: 'the server' });
  const close = async () => {
    await Promise.all([api, ...children].map(stop));
    await database.close();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    await untilUp();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    origin,
    databaseUrl: database.url,
    demoAccounts,
    close,
    restartApi: async (whileAway) => {
      await stop(api);
      await whileAway();
      api = startApi();
      await untilUp();
    },
  };
}

async function seedDemo(env: Record<string, string>): Promise<DemoSignIn[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [programFile('cli'), 'demo', 'seed'], {
    cwd: ROOT,
    env: { ...process.env, ...env },
  });
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => DemoSignIn.parse(JSON.parse(line)));
}

function start(args: string[], cwd: string, env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  // Not left behind by a run that is ended in between.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.removeListener('exit', kill));
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}
