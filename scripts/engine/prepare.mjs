// Puts the TensorFlow engine in place: once per user and version, tested before it counts, whole or not at all.
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { takeLock } from '../lib/lock.mjs';
import { seconds } from '../lib/step.mjs';
import { installOfficially } from './official.mjs';
import { engineFolder, engineRoot, lockFile, packageName, readManifest, refusalFile } from './places.mjs';
import { Refusal } from './refusal.mjs';
import { lastLine, run } from './run.mjs';
import { buildFromWheel, bytesNeeded, findTools } from './wheel.mjs';

const NPM_TIMEOUT_MS = 5 * 60_000;
const TEST_TIMEOUT_MS = 2 * 60_000;

/**
 * Makes sure that the engine is there and works. Two at once wait for each other.
 * @param {import('./places.mjs').Kind} kind
 * @param {{ say?: (line: string) => void, retryAfterMs?: number }} options
 *   `retryAfterMs`: how old a refusal must be before its cause is looked at again
 * @returns {Promise<{ folder: string } | { why: string }>} the engine's folder, or one sentence
 */
export async function prepareEngine(kind, { say = console.log, retryAfterMs = 0 } = {}) {
  const folder = engineFolder(kind);
  try {
    mkdirSync(engineRoot(), { recursive: true });
    accessSync(engineRoot(), constants.W_OK);
  } catch {
    return {
      why: `this user may not write to ${engineRoot()}. Name another folder in RANKLOOP_ENGINE_DIR, then run: npm run engine`,
    };
  }
  const lock = await takeLock(lockFile(kind), {
    what: `engine ${kind}`,
    wait: ({ pid }) => say(`Waiting for process ${pid}, which prepares the same engine ...`),
  });
  try {
    if (await isGood(kind, folder)) return { folder };
    const refused = readRefusal(kind);
    if (refused !== undefined && refused.ageMs < retryAfterMs) return { why: refused.why };
    await make(kind, folder, say);
    rmSync(refusalFile(kind), { force: true });
    return { folder };
  } catch (error) {
    const why = explainRefusal(error);
    if (why === undefined) throw error;
    writeWhole(refusalFile(kind), { why });
    return { why };
  } finally {
    lock.release();
  }
}

async function isGood(kind, folder) {
  const manifest = readManifest(folder);
  if (manifest === undefined) return false;
  return (await selfTest(kind, path.join(folder, manifest.package), manifest.addon)) === undefined;
}

/** Why the last attempt failed, and how long ago. */
function readRefusal(kind) {
  try {
    const file = refusalFile(kind);
    return { why: JSON.parse(readFileSync(file, 'utf8')).why, ageMs: Date.now() - statSync(file).mtimeMs };
  } catch {
    return undefined;
  }
}

function explainRefusal(error) {
  if (error instanceof Refusal) return error.message;
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT')
    return `the disk of ${engineRoot()} is full. Free some space, then run: npm run engine`;
  return undefined;
}

async function make(kind, folder, say) {
  const begun = performance.now();
  removeLeftOvers(folder);
  if (kind === 'gpu') requireNvidia();
  await requireRoom(kind);
  const work = `${folder}.making-${process.pid}`;
  try {
    const packageFolder = await installPackage(kind, work, say);
    const { route, addon } = await makeAddon({ kind, work, packageFolder, say });
    const files = sizesOf(work, [path.join(packageFolder, 'deps'), path.join(packageFolder, addon)]);
    const manifest = { route, package: path.relative(work, packageFolder), addon, files };
    writeFileSync(path.join(work, 'engine.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  say(`The ${kind} engine is in place after ${seconds(performance.now() - begun)}: ${folder}`);
}

/** What interrupted attempts left; we hold the lock, so nobody is at work on them. */
function removeLeftOvers(folder) {
  const prefix = `${path.basename(folder)}.making-`;
  for (const name of readdirSync(path.dirname(folder)))
    if (name.startsWith(prefix))
      rmSync(path.join(path.dirname(folder), name), { recursive: true, force: true });
}

function requireNvidia() {
  if (!existsSync('/proc/driver/nvidia/version') && !existsSync('/dev/nvidiactl'))
    throw new Refusal('no NVIDIA driver was found.');
}

async function requireRoom(kind) {
  const { bavail, bsize } = await statfs(engineRoot());
  const [free, needed] = [bavail * bsize, bytesNeeded(kind)];
  if (free >= needed) return;
  const gigabytes = (bytes) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new Refusal(
    `it needs ${gigabytes(needed)} of disk in ${engineRoot()}, where ${gigabytes(free)} are free. Free some space or name another folder in RANKLOOP_ENGINE_DIR, then run: npm run engine`,
  );
}

/** The package without its install script, every file checked against our lockfile. */
async function installPackage(kind, work, say) {
  say(`Installing ${packageName(kind)} ...`);
  mkdirSync(work, { recursive: true });
  for (const name of ['package.json', 'package-lock.json'])
    copyFileSync(
      fileURLToPath(new URL(`./packages/${kind}/${name}`, import.meta.url)),
      path.join(work, name),
    );
  const cli = process.env.npm_execpath;
  const [command, first] = cli?.endsWith('.js') ? [process.execPath, [cli]] : ['npm', []];
  const { code, output } = await run(
    command,
    [
      ...first,
      ...['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--omit=dev', '--prefix', work],
      ...['--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--fetch-timeout=30000'],
    ],
    { cwd: work, timeoutMs: NPM_TIMEOUT_MS },
  );
  const packageFolder = path.join(work, 'node_modules', ...packageName(kind).split('/'));
  if (code === 0 && existsSync(packageFolder)) return packageFolder;
  if (/ENOSPC|EDQUOT/.test(output))
    throw new Refusal('the disk is full; its package could not be installed.');
  if (/EAI_AGAIN|ENOTFOUND|ETIMEDOUT|ECONNREFUSED|ECONNRESET|network/i.test(output))
    throw new Refusal(
      'the npm registry cannot be reached. Check the network or proxy (npm config get registry), then run: npm run engine',
    );
  throw new Refusal(`npm could not install its package: ${lastLine(output)}.`);
}

/** A GPU addon brings its CUDA along with the wheel; the installer's needs one of 2021 on the machine. */
const ROUTES = { native: ['official', 'wheel'], gpu: ['wheel', 'official'] };

async function makeAddon({ kind, work, packageFolder, say }) {
  const reasons = [];
  for (const route of ROUTES[kind]) {
    try {
      const addon =
        route === 'official'
          ? await installOfficially({ kind, work, packageFolder, say })
          : await buildFromWheel({ kind, work, packageFolder, say, tools: await findTools() });
      const failure = await selfTest(kind, packageFolder, addon);
      if (failure === undefined) return { route, addon };
      throw new Refusal(`the addon does not work here: ${failure}.`);
    } catch (error) {
      const why = explainRefusal(error);
      if (why === undefined) throw error;
      reasons.push(why);
      say(`Not this way: ${why}`);
      for (const left of ['deps', 'lib'])
        rmSync(path.join(packageFolder, left), { recursive: true, force: true });
    }
  }
  // What a person can mend is on our own way, whichever way was tried first.
  throw new Refusal(reasons[ROUTES[kind].indexOf('wheel')]);
}

/**
 * In a process of its own, which a bad addon may crash.
 * @returns {Promise<string | undefined>} what went wrong
 */
async function selfTest(kind, packageFolder, addon) {
  const script = fileURLToPath(new URL('./self-test.mjs', import.meta.url));
  const { code, output } = await run(
    process.execPath,
    [script, packageFolder, path.join(packageFolder, addon), kind],
    { timeoutMs: TEST_TIMEOUT_MS, env: { TF_CPP_MIN_LOG_LEVEL: '2', NODE_OPTIONS: '' } },
  );
  if (code === 0) return undefined;
  return output.split('\n').find((line) => /^\w*Error: /.test(line)) ?? lastLine(output);
}

/** Sizes by path inside `base`, of every file at or below `places`. */
function sizesOf(base, places) {
  const files = places.flatMap((place) =>
    statSync(place).isDirectory()
      ? readdirSync(place, { recursive: true }).map((name) => path.join(place, name))
      : [place],
  );
  return Object.fromEntries(
    files
      .map((file) => [path.relative(base, file), statSync(file)])
      .filter(([, stat]) => stat.isFile())
      .map(([file, stat]) => [file, stat.size]),
  );
}

function writeWhole(file, value) {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`);
  renameSync(draft, file);
}
