// `npm start`: from a bare checkout to one URL, and one Ctrl-C back.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { wantedKind } from './engine/before.mjs';
import { startChild } from './lib/children.mjs';
import { loadPlatform, migrate, openDatabase } from './lib/database.mjs';
import { prepareDemo } from './lib/demo.mjs';
import { waitUntilReady } from './lib/health.mjs';
import { takeLock } from './lib/lock.mjs';
import { logsDir, makeStateDir, root, stateDir } from './lib/paths.mjs';
import { PlainError, runMain } from './lib/plain.mjs';
import { freePort, requireFreePort } from './lib/ports.mjs';
import { writePrivateJson } from './lib/private-json.mjs';
import { serviceEnv } from './lib/service-env.mjs';
import { killTools, seconds } from './lib/step.mjs';
import { runLock, setUp } from './set-up.mjs';

const HELP = `npm start -- [options]
  --port N       the port to listen on (default 3000, or PORT)
  --demo         the demo project also on the database of DATABASE_URL
  --reset-demo   start the demo project over; other projects are not touched
`;
const READY_TIMEOUT_MS = 120_000;
/** A worker writes the checkpoint of a running round before it leaves. */
const GRACE_MS = { worker: 15_000, api: 8_000, web: 4_000, engine: 2_000 };
const MAX_RESTARTS = 3;
const ORPHAN_CHECK_MS = 500;
const RESTART_WINDOW_MS = 10 * 60_000;

/** What `npm run rankloop` finds a running product by. */
const runFile = path.join(stateDir, 'run.json');

const stopping = new AbortController();
/** Undone last first. */
const undo = [];

async function main() {
  const options = readOptions();
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const begun = performance.now();
  listenForSignals();
  makeStateDir();
  await takeRunLock();
  const failure = await work(options, begun).then(
    () => undefined,
    (error) => error,
  );
  await tearDown();
  if (failure !== STOPPED) throw failure;
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string' },
        demo: { type: 'boolean', default: false },
        'reset-demo': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const port = Number(values.port ?? (process.env.PORT || 3000));
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw new PlainError(
        `"${values.port ?? process.env.PORT}" is not a port. Use a number from 1 to 65535.`,
      );
    return { port, demo: values.demo, resetDemo: values['reset-demo'], help: values.help };
  } catch (error) {
    if (error instanceof PlainError) throw error;
    throw new PlainError(`${error.message}\n\n${HELP}`);
  }
}

/** Why the work was abandoned: asked to, which is no failure. */
const STOPPED = new Error('stopped');

function listenForSignals() {
  let asked = 0;
  const stop = () => {
    asked += 1;
    if (asked === 1) {
      console.log('\nStopping ...');
      killTools();
      stopping.abort(STOPPED);
    } else if (asked === 3) {
      // npm passes on what the terminal has sent us already, so the second one may not be a person.
      for (const child of children.values()) child.kill();
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
  if (process.env.npm_lifecycle_event !== undefined) onceOrphaned(stop);
}

/**
 * npm runs us in a shell. A signal that npm alone is sent reaches that shell, which may end of it without a word to us:
 * that its place is taken by another parent is the sign.
 */
function onceOrphaned(act) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    act();
  }, ORPHAN_CHECK_MS);
  watch.unref();
}

/** Rejects when a stop is asked for: work that is under way is then abandoned for the tear-down. */
const stopped = new Promise((_, reject) =>
  stopping.signal.addEventListener('abort', () => reject(stopping.signal.reason), { once: true }),
);
stopped.catch(() => undefined);
const unlessStopped = (promise) => Promise.race([promise, stopped]);

async function takeRunLock() {
  const taken = await takeLock(runLock, { what: 'start' });
  if ('holder' in taken) {
    const { pid, what } = taken.holder;
    if (what !== 'start')
      throw new PlainError(
        `The database is in use by "${what}" (process ${pid}). Try again when it is done.`,
      );
    const url = readRunFile()?.publicUrl;
    throw new PlainError(
      url === undefined
        ? `Rankloop is being started from this folder already (process ${pid}).`
        : `Rankloop is running from this folder already (process ${pid}): ${url}\nStop it with Ctrl-C in its terminal, or: kill ${pid}`,
    );
  }
  undo.push(() => taken.release());
  rmSync(runFile, { force: true });
  undo.push(() => rmSync(runFile, { force: true }));
}

function readRunFile() {
  return existsSync(runFile) ? JSON.parse(readFileSync(runFile, 'utf8')) : undefined;
}

async function tearDown() {
  for (const step of undo.reverse()) {
    try {
      await step();
    } catch (error) {
      console.error(error.message);
    }
  }
}

async function work(options, begun) {
  const host = process.env.HOST || '127.0.0.1';
  const publicUrl =
    process.env.PUBLIC_URL || `http://${isWildcard(host) ? '127.0.0.1' : host}:${options.port}`;
  await requireFreePort(options.port, host);
  await unlessStopped(setUp());

  const platform = await loadPlatform();
  // Not abandoned half way: a server that was just started must be known in order to be stopped.
  const database = await openDatabase(platform);
  undo.push(() => database.stop());
  stopping.signal.throwIfAborted();
  await migrate(platform, database.url);
  stopping.signal.throwIfAborted();

  const isDemo = options.demo || options.resetDemo || database.isEmbedded;
  const env = serviceEnv({ databaseUrl: database.url, isEmbedded: database.isEmbedded, isDemo, publicUrl });
  const services = await describeServices(env, { host, port: options.port });
  undo.push(stopChildren);
  const unexpected = superviseAll(services);
  unexpected.catch(() => undefined);
  const signIns = isDemo ? await unlessStopped(prepareDemo({ env, reset: options.resetDemo })) : [];

  const localUrl = `http://${isWildcard(host) ? '127.0.0.1' : host}:${options.port}`;
  const missing = await unlessStopped(
    Promise.race([
      waitUntilReady(localUrl, { timeoutMs: READY_TIMEOUT_MS, signal: stopping.signal }),
      unexpected,
    ]),
  );
  if (missing !== undefined)
    throw new PlainError(`Rankloop did not become ready: ${missing}\nThe logs are in ${logsDir}.`);

  writePrivateJson(runFile, {
    pid: process.pid,
    publicUrl,
    databaseUrl: database.url,
    isEmbedded: database.isEmbedded,
  });
  announce({ publicUrl, signIns, isDemo, took: performance.now() - begun });
  prepareEngineBehind(env);
  await unlessStopped(Promise.race([unexpected, database.ended.then(reportLostDatabase)]));
}

/** After the product is up and below it in priority: rounds take the engine from then on. */
function prepareEngineBehind(env) {
  const kind = wantedKind();
  if (kind === undefined) return;
  const child = startChild({
    name: 'engine',
    args: [path.join(root, 'scripts', 'engine.mjs'), kind, '--background'],
    env: withoutSecrets(env),
  });
  undo.push(() => child.stop(GRACE_MS.engine));
  child.ended.then(() => {
    if (!stopping.signal.aborted) console.log(child.lastWords().split('\n').at(-1));
  });
}

function isWildcard(host) {
  return host === '0.0.0.0' || host === '::';
}

function announce({ publicUrl, signIns, isDemo, took }) {
  console.log(`\nRankloop is ready after ${seconds(took)}:  ${publicUrl}\n`);
  const width = Math.max(0, ...signIns.map((line) => line.email.length));
  for (const { role, email, password } of signIns)
    console.log(`  ${role.padEnd(10)}  ${email.padEnd(width)}  ${password}`);
  if (!isDemo) console.log('  No account yet? Make the first one: npm run rankloop -- admin create');
  console.log('\nStop with Ctrl-C. Logs are in .rankloop/logs.');
}

function reportLostDatabase() {
  throw new PlainError(
    'The database stopped: something ended the PostgreSQL process. Everything else was stopped too. What was saved is safe; start again with npm start.',
  );
}

async function describeServices(env, { host, port }) {
  const [webPort, apiMetrics, workerMetrics] = [await freePort(), await freePort(), await freePort()];
  const main = (app) => [path.join(root, 'apps', app, 'dist', 'main.js')];
  const metrics = (free) => ({ METRICS_PORT: String(free) });
  return [
    {
      name: 'web',
      args: [path.join(root, 'apps', 'web', '.next', 'standalone', 'apps', 'web', 'server.js')],
      // Reached through the front door only, and needs none of the secrets.
      env: { ...withoutSecrets(env), HOSTNAME: '127.0.0.1', PORT: String(webPort) },
    },
    {
      name: 'api',
      args: main('api'),
      env: {
        ...env,
        ...(process.env.METRICS_PORT ? {} : metrics(apiMetrics)),
        HOST: host,
        PORT: String(port),
        WEB_ORIGIN: `http://127.0.0.1:${webPort}`,
      },
    },
    { name: 'worker', args: main('worker'), env: { ...env, ...metrics(workerMetrics) } },
  ];
}

function withoutSecrets({ DATABASE_URL: _url, REDIS_URL: _redis, ...rest }) {
  return rest;
}

const children = new Map();

/** Never resolves; rejects when a process cannot be kept up. */
function superviseAll(services) {
  return Promise.race(services.map(supervise));
}

async function supervise(service) {
  const restarts = [];
  for (;;) {
    const child = startChild(service);
    children.set(service.name, child);
    const how = await child.ended;
    if (stopping.signal.aborted || isTornDown) return new Promise(() => undefined);

    const words = child.lastWords();
    const report = `The ${service.name} process ended (${how}).${words === '' ? '' : ` It said:\n${words}\n`}`;
    const now = Date.now();
    restarts.push(now);
    const recent = restarts.filter((time) => now - time < RESTART_WINDOW_MS).length;
    // One that never was ready will not be the second time either.
    if (readRunFile() === undefined || recent > MAX_RESTARTS)
      throw new PlainError(
        `${report}\nEverything was stopped; the data is safe. Its log is ${child.logFile}.`,
      );
    console.error(
      `${report}\nIt is being started again (${recent} of ${MAX_RESTARTS}). Its log is ${child.logFile}.`,
    );
  }
}

let isTornDown = false;

async function stopChildren() {
  isTornDown = true;
  await Promise.all([...children.values()].map((child) => child.stop(GRACE_MS[child.name])));
}

await runMain(main);
process.exit();
