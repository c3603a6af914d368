import { spawn, type ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually, freePort } from '@rankloop/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { refusalFile } from './engine/places.mjs';

const START = path.join(import.meta.dirname, 'start.mjs');
const READY = 'Stop with Ctrl-C';

interface Run {
  process: ChildProcess;
  output(): string;
  /** The exit status. */
  ended: Promise<number | null>;
}

let stateDir: string;
let port: number;
const runs: Run[] = [];

beforeAll(async () => {
  stateDir = mkdtempSync(path.join(tmpdir(), 'rankloop-start-'));
  port = await freePort();
});
afterEach(async () => {
  for (const { process: started, ended } of runs.splice(0)) {
    started.kill('SIGTERM');
    await ended;
  }
});
afterAll(() => {
  const id = path.join(stateDir, 'install-id');
  // As root the database lies outside, under the id of the install.
  if (existsSync(id))
    rmSync(path.join('/var/lib/rankloop', readFileSync(id, 'utf8').trim()), { recursive: true });
  rmSync(stateDir, { recursive: true, force: true });
});

const WITH_NODE = [process.execPath, START];
const WITH_NPM = ['npm', 'start', '--'];

/** In a group of its own, as a shell would start it. */
function start(
  env: Record<string, string> = {},
  args: string[] = [],
  [command = '', ...first] = WITH_NODE,
): Run {
  const { DATABASE_URL: _url, REDIS_URL: _redis, PUBLIC_URL: _public, ...inherited } = process.env;
  const started = spawn(command, [...first, '--port', String(port), ...args], {
    cwd: path.dirname(import.meta.dirname),
    detached: true,
    env: { ...inherited, RANKLOOP_STATE_DIR: stateDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [started.stdout, started.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => started.once('close', (code) => resolve(code)));
  const run = { process: started, output: () => output, ended };
  runs.push(run);
  return run;
}

async function startReady(
  env: Record<string, string> = {},
  command = WITH_NODE,
): Promise<Run & { pid: number; family: number[] }> {
  const run = start(env, [], command);
  const over = run.ended.then(() => 'over' as const);
  await eventually(
    async () => {
      if ((await Promise.race([over, Promise.resolve('up')])) === 'over') return true;
      return run.output().includes(READY);
    },
    { timeoutMs: 150_000, intervalMs: 100, what: 'the product to be ready' },
  );
  expect(run.output()).toContain(READY);
  const pid = run.process.pid ?? 0;
  return { ...run, pid, family: familyOf(pid) };
}

/** The terminal sends Ctrl-C to the whole group. */
const pressCtrlC = (pid: number): void => void process.kill(-pid, 'SIGINT');

/** Every process that descends from this one, itself included. */
function familyOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const parent = parentOf(Number(entry));
    if (parent !== undefined) parents.set(Number(entry), parent);
  }
  const family = [pid];
  for (let index = 0; index < family.length; index++)
    for (const [child, parent] of parents) if (parent === family[index]) family.push(child);
  return family;
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}

const survivors = (family: number[]): number[] => family.filter((pid) => parentOf(pid) !== undefined);

const signInLines = (output: string): string[] =>
  output.split('\n').filter((line) => /^\s+(labeler|researcher|admin)\s+\S+@\S+\s+\S+$/.test(line));

/** Where a set-up has just found no way to an engine: nothing is downloaded, and the sentence is told again. */
function engineRefused(why: string): Record<string, string> {
  const env = { RANKLOOP_ENGINE: '', RANKLOOP_ENGINE_DIR: path.join(stateDir, 'engines') };
  mkdirSync(env.RANKLOOP_ENGINE_DIR);
  vi.stubEnv('RANKLOOP_ENGINE_DIR', env.RANKLOOP_ENGINE_DIR);
  writeFileSync(refusalFile('native'), JSON.stringify({ why }));
  vi.unstubAllEnvs();
  return env;
}

describe.runIf(process.platform === 'linux')('npm start', () => {
  test('it ends with one URL and a sign-in line per role; Ctrl-C leaves no process and keeps the data', async () => {
    const first = await startReady(engineRefused('no pip was found.'));
    const url = `http://127.0.0.1:${String(port)}`;
    expect(first.output().split('http://').length - 1).toBe(1);
    expect(first.output()).toContain(url);
    expect(signInLines(first.output())).toHaveLength(3);
    // The numeric engine is prepared behind the product, which does not wait for it.
    const sentence = 'No native engine here: no pip was found.';
    await eventually(() => first.output().includes(sentence), { what: 'the sentence about the engine' });
    expect(first.output().indexOf(sentence)).toBeGreaterThan(first.output().indexOf(READY));
    expect((await fetch(`${url}/api/health/ready`)).status).toBe(200);
    // api, worker, web and the database at least
    expect(first.family.length).toBeGreaterThan(4);

    const second = start();
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain(
      `running from this folder already (process ${String(first.pid)}): ${url}`,
    );
    expect((await fetch(`${url}/api/health/ready`)).status).toBe(200);

    pressCtrlC(first.pid);
    expect(await first.ended).toBe(0);
    await eventually(() => survivors(first.family).length === 0, { what: 'every process to end' });
    expect(statSync(path.join(stateDir, 'data', 'demo-sign-in.json')).mode & 0o077).toBe(0);

    const third = await startReady();
    // The same accounts with the same passwords: nothing was made anew.
    expect(signInLines(third.output())).toEqual(signInLines(first.output()));
    pressCtrlC(third.pid);
    expect(await third.ended).toBe(0);
  });

  test('a start that is killed takes everything with it; the next one works, and ends with the npm that it came from', async () => {
    const killed = await startReady();
    process.kill(killed.pid, 'SIGKILL');
    await eventually(() => survivors(killed.family).length === 0, {
      timeoutMs: 60_000,
      what: 'every process to end',
    });
    const next = await startReady({}, WITH_NPM);
    // npm alone: the shell that it runs scripts in passes nothing on.
    process.kill(next.pid, 'SIGTERM');
    await next.ended;
    await eventually(() => survivors(next.family).length === 0, { what: 'every process to end' });
  });

  test('when the database is killed it says so, and stops the rest', async () => {
    const run = await startReady();
    const postgres = run.family.find((pid) =>
      readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8')
        .split('\0')[0]
        ?.endsWith('/postgres'),
    );
    process.kill(postgres ?? 0, 'SIGKILL');
    expect(await run.ended).toBe(1);
    expect(run.output()).toContain('The database stopped');
    await eventually(() => survivors(run.family).length === 0, { what: 'every process to end' });
  });
});

describe('npm start says in a sentence', () => {
  const expectSentence = async (run: Run, sentence: string | RegExp): Promise<void> => {
    expect(await run.ended).toBe(1);
    expect(run.output()).toMatch(sentence);
    expect(run.output()).not.toMatch(/^\s+at .*\d+:\d+/m);
  };

  test('that the port is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    try {
      await expectSentence(start(), `Port ${String(port)} is in use`);
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });

  test('that nothing answers at DATABASE_URL', async () => {
    const nobody = await freePort();
    const url = `postgresql://ada:hidden@127.0.0.1:${String(nobody)}/loop`;
    const run = start({ DATABASE_URL: url });
    await expectSentence(run, `Nothing answers at 127.0.0.1:${String(nobody)}`);
    expect(run.output()).not.toContain('hidden');
  });

  test('that DATABASE_URL is not a PostgreSQL address', async () => {
    await expectSentence(start({ DATABASE_URL: 'mysql://host/loop' }), 'not a PostgreSQL address');
  });

  test('that an option is unknown, with those that exist', async () => {
    await expectSentence(start({}, ['--prot', '1']), /Unknown option '--prot'[^]*--port N/);
  });
});
