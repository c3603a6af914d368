import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { POSTGRES_MAJOR, prepareBinaries, type Binaries } from './binaries.ts';
import { explainServerLog, wrongMajor } from './explain-log.ts';
import { holdLifeline } from './lifeline.ts';
import { PlainError } from '../plain-error.ts';
import { findPostmaster, isAlive, readPostmaster, type Postmaster } from './postmaster.ts';
import { chooseServerUser, type ServerUser } from './server-user.ts';

const run = promisify(execFile);
const SUPERUSER = 'rankloop';
const START_TIMEOUT_MS = 60_000;

export interface StartEmbeddedPostgresOptions {
  /** Data, password and log of this server. When root: outside the checkout, see `embeddedHome`. */
  home: string;
  /** For a server that lives as long as a test run: no waiting for the disk, everything removed at the end. */
  throwAway?: boolean;
}

export interface EmbeddedPostgres {
  /** Connection string of the superuser to database `postgres`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** True when data was already there. */
  readonly existed: boolean;
  /** Resolves when the server ends by itself or by force. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/**
 * A real PostgreSQL server on 127.0.0.1 and no socket, as an unprivileged user when we are root. A server
 * left running on the same data by a start that was killed is taken over.
 */
export async function startEmbeddedPostgres(
  options: StartEmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  mkdirSync(options.home, { recursive: true, mode: 0o755 });
  const home = realpathSync(options.home);
  const dataDir = path.join(home, 'data');
  const logFile = path.join(home, 'postgres.log');
  const user = chooseServerUser(dataDir);
  const binaries = prepareBinaries(user, path.dirname(home));

  const existed = existsSync(path.join(dataDir, 'PG_VERSION'));
  if (existed) checkMajor(dataDir);
  else await initialise({ home, dataDir, binaries, user });
  const password = readFileSync(path.join(home, 'password'), 'utf8').trim();

  const leftover = findPostmaster(dataDir);
  if (leftover?.status === 'stopping') await waitUntilGone(leftover.pid, 50);
  const server =
    leftover !== undefined && isAlive(leftover.pid)
      ? await waitUntilReady(dataDir, leftover.pid, logFile)
      : await startOnFreePort({ dataDir, logFile, binaries, user, throwAway: options.throwAway === true });

  const lifeline = holdLifeline({
    dataDir,
    pid: server.pid,
    ...(options.throwAway === true ? { removeDir: home } : {}),
  });
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    if (isAlive(server.pid)) await stopServer(binaries, dataDir, user);
    lifeline.release();
    if (options.throwAway === true) rmSync(home, { recursive: true, force: true });
  };
  return {
    url: `postgresql://${SUPERUSER}:${password}@127.0.0.1:${String(server.port)}/postgres`,
    port: server.port,
    pid: server.pid,
    existed,
    // Looked at without keeping this process up.
    ended: waitUntilGone(server.pid, 500, { ref: false }),
    stop: () => (stopping ??= stop()),
  };
}

interface ServerFiles {
  home: string;
  dataDir: string;
  binaries: Binaries;
  user: ServerUser | undefined;
}

/** Built beside its place and moved in when whole, so that a start that was killed leaves no half a database. */
async function initialise({ home, dataDir, binaries, user }: ServerFiles): Promise<void> {
  const building = path.join(home, 'data.new');
  rmSync(building, { recursive: true, force: true });
  mkdirSync(building, { mode: 0o700 });
  const password = randomBytes(24).toString('hex');
  const passwordFile = path.join(home, 'password');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user !== undefined) {
    for (const file of [building, passwordFile, home]) chownSync(file, user.ids.uid, user.ids.gid);
  }
  const args = [
    ...['--pgdata', building, '--username', SUPERUSER, '--pwfile', passwordFile],
    ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C', '--no-instructions'],
  ];
  try {
    await run(binaries.initdb, args, { ...user?.ids, cwd: home, env: serverEnv() });
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    throw new PlainError(explainServerLog(said, path.join(home, 'postgres.log')), { cause: error });
  }
  rmSync(dataDir, { recursive: true, force: true });
  renameSync(building, dataDir);
}

function checkMajor(dataDir: string): void {
  const found = readFileSync(path.join(dataDir, 'PG_VERSION'), 'utf8').trim();
  if (found !== POSTGRES_MAJOR) throw new PlainError(wrongMajor(found));
}

interface StartOptions {
  dataDir: string;
  logFile: string;
  binaries: Binaries;
  user: ServerUser | undefined;
  throwAway: boolean;
}

async function startOnFreePort(options: StartOptions): Promise<Postmaster> {
  for (let attempt = 1; ; attempt++) {
    const port = await findFreePort();
    const child = spawnServer(options, port);
    try {
      if (child.pid === undefined) throw new PlainError('PostgreSQL could not be started.');
      return await waitUntilReady(options.dataDir, child.pid, options.logFile);
    } catch (error) {
      // Somebody took the port between our look and the server's.
      const taken = /could not bind|Address already in use/i.test(lastLines(options.logFile));
      if (!taken || attempt === 5) throw error;
    }
  }
}

function spawnServer(options: StartOptions, port: number): ChildProcess {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '200',
    timezone: 'UTC',
    log_timezone: 'UTC',
    jit: 'off',
    // The queue of open slots changes fast: its statistics and its dead index entries should not be a minute old.
    autovacuum_naptime: '15s',
    ...(options.throwAway ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // The log of the last start is enough, and never grows without end.
  const log = openSync(options.logFile, 'w', 0o600);
  const child = spawn(options.binaries.postgres, ['-D', options.dataDir, ...args], {
    ...options.user?.ids,
    cwd: options.dataDir,
    env: serverEnv(),
    // Its own group: Ctrl-C in the terminal is ours to pass on, in the right order.
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.on('error', () => undefined);
  child.unref();
  return child;
}

/** The server writes "ready" into its own record when it takes connections. */
async function waitUntilReady(dataDir: string, pid: number, logFile: string): Promise<Postmaster> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const record = readPostmaster(dataDir);
    if (record?.pid === pid && record.status === 'ready') return record;
    if (!isAlive(pid)) throw new PlainError(explainServerLog(lastLines(logFile), logFile));
    if (Date.now() > deadline)
      throw new PlainError(
        `PostgreSQL did not become ready within ${String(START_TIMEOUT_MS / 1000)} s. Its log is ${logFile}.`,
      );
    await pause(20);
  }
}

async function stopServer(binaries: Binaries, dataDir: string, user: ServerUser | undefined): Promise<void> {
  try {
    await run(binaries.pgCtl, ['stop', '-D', dataDir, '-m', 'fast', '-w', '-t', '60'], {
      ...user?.ids,
      cwd: dataDir,
      env: serverEnv(),
    });
  } catch (error) {
    const record = readPostmaster(dataDir);
    if (record !== undefined && isAlive(record.pid))
      throw new PlainError(`PostgreSQL (process ${String(record.pid)}) did not stop within 60 s.`, {
        cause: error,
      });
  }
}

async function waitUntilGone(pid: number, everyMs: number, options = { ref: true }): Promise<void> {
  while (isAlive(pid)) await pause(everyMs, undefined, options);
}

async function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new Error('no port'));
      });
    });
  });
}

/** Nothing of the caller's locale or PostgreSQL settings reaches the server. */
function serverEnv(): NodeJS.ProcessEnv {
  const { PATH, SystemRoot, TMPDIR } = process.env;
  return { LC_ALL: 'C', ...(PATH && { PATH }), ...(SystemRoot && { SystemRoot }), ...(TMPDIR && { TMPDIR }) };
}

function lastLines(file: string): string {
  try {
    if (statSync(file).size > 4_000_000) return '';
    return readFileSync(file, 'utf8').slice(-8_000);
  } catch {
    return '';
  }
}
