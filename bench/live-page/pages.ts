import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync } from 'node:fs';
import path from 'node:path';
import { eventually, freePort } from '@rankloop/testkit';

const WEB = path.resolve('apps/web/.next');
const STANDALONE = path.join(WEB, 'standalone/apps/web');
const READY_MS = 60_000;

export interface Pages {
  origin: string;
  close(): Promise<void>;
}

/** The server of the pages in its production build; the API hands on to it what is not its own. */
export async function startPages(): Promise<Pages> {
  if (!existsSync(path.join(STANDALONE, 'server.js')))
    throw new Error('The pages are not built: run "npm run build" first.');
  cpSync(path.join(WEB, 'static'), path.join(STANDALONE, '.next/static'), { recursive: true });
  const port = await freePort();
  const child: ChildProcess = spawn(process.execPath, ['server.js'], {
    cwd: STANDALONE,
    // Stdout is for figures.
    stdio: ['ignore', 2, 2],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      PORT: String(port),
      HOSTNAME: '127.0.0.1',
    },
  });
  const origin = `http://127.0.0.1:${port}`;
  const isUp = () =>
    fetch(`${origin}/sign-in`).then(
      ({ ok }) => ok,
      () => false,
    );
  await eventually(isUp, { timeoutMs: READY_MS, what: 'the pages' });
  return {
    origin,
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
