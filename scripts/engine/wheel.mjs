// The second way to an addon: TensorFlow's libraries out of its Python wheel, and the addon's two C++ files compiled
// against them. Nothing of Python runs but pip, which knows the mirrors and proxies of this machine and checks hashes.
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { seconds } from '../lib/step.mjs';
import { Refusal } from './refusal.mjs';
import { lastLine, run } from './run.mjs';
import { unzip } from './unzip.mjs';

const DOWNLOAD_TIMEOUT_MS = 30 * 60_000;
const COMPILE_TIMEOUT_MS = 10 * 60_000;

const table = JSON.parse(readFileSync(new URL('./wheels.json', import.meta.url), 'utf8'));

/** Room that the build needs at its peak. */
export const bytesNeeded = (kind) => table[kind].bytes;

/**
 * What the build needs, looked for before anything is downloaded.
 * @returns {Promise<{ pip: string[], compiler: string }>}
 * @throws {Refusal}
 */
export async function findTools() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Refusal(`it cannot be built on ${process.platform} ${process.arch}, only on Linux x64.`);
  // Node tells which C library it runs on; there are no wheels of TensorFlow for musl.
  if (process.report?.getReport().header.glibcVersionRuntime === undefined)
    throw new Refusal('TensorFlow is not published for this C library (musl), only for glibc.');
  const pip = await findFirst([['python3', '-m', 'pip'], ['python', '-m', 'pip'], ['pip3'], ['pip']]);
  if (pip === undefined)
    throw new Refusal(
      'no pip was found. Install it (Debian: apt install python3-pip), then run: npm run engine',
    );
  const compiler = await findFirst([[process.env.CXX ?? ''], ['g++'], ['clang++'], ['c++']]);
  if (compiler === undefined)
    throw new Refusal(
      'no C++ compiler was found. Install one (Debian: apt install g++), then run: npm run engine',
    );
  return { pip, compiler: compiler[0] };
}

async function findFirst(candidates) {
  for (const [command, ...args] of candidates) {
    if (command === '') continue;
    const { code } = await run(command, [...args, '--version'], { timeoutMs: 20_000 });
    if (code === 0) return [command, ...args];
  }
  return undefined;
}

/**
 * Puts the libraries into `deps/lib` of the package and the addon into `lib/napi-v8`.
 * @param {{ kind: import('./places.mjs').Kind, work: string, packageFolder: string, tools: { pip: string[], compiler: string }, say: (line: string) => void }} options
 * @returns {Promise<string>} the addon, relative to the package
 * @throws {Refusal}
 */
export async function buildFromWheel({ kind, work, packageFolder, tools, say }) {
  const wheels = path.join(work, 'wheels');
  const deps = path.join(packageFolder, 'deps');
  rmSync(deps, { recursive: true, force: true });
  await timed(say, 'Downloading TensorFlow with pip', () => download(kind, tools.pip, wheels));
  await timed(say, 'Unpacking it', () => unpack(wheels, deps));
  rmSync(wheels, { recursive: true, force: true });
  const addon = path.join('lib', 'napi-v8', 'tfjs_binding.node');
  await timed(say, 'Compiling the addon', () => compile(tools.compiler, work, packageFolder, addon));
  rmSync(path.join(deps, 'include'), { recursive: true, force: true });
  return addon;
}

async function timed(say, label, work) {
  const begun = performance.now();
  say(`${label} ...`);
  await work();
  say(`${label}: ${seconds(performance.now() - begun)}`);
}

async function download(kind, [command, ...first], wheels) {
  mkdirSync(wheels, { recursive: true });
  const list = path.join(wheels, 'requirements.txt');
  writeFileSync(
    list,
    table[kind].wheels.map(([name, sha256]) => `${name} --hash=sha256:${sha256}\n`).join(''),
  );
  const { code, output } = await run(
    command,
    [
      ...first,
      ...['download', '--require-hashes', '--requirement', list, '--dest', wheels],
      ...['--no-deps', '--only-binary=:all:', '--no-cache-dir', '--progress-bar=off'],
      // Whatever Python this is: its own version has no say in which wheel is right.
      ...['--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311', '--abi', 'none'],
      ...['--platform', 'manylinux2014_x86_64', '--platform', 'manylinux_2_17_x86_64'],
      ...['--disable-pip-version-check', '--no-input', '--retries', '1', '--timeout', '20'],
    ],
    { timeoutMs: DOWNLOAD_TIMEOUT_MS, env: { PIP_REQUIRE_VIRTUALENV: '0' } },
  );
  if (code !== 0) throw new Refusal(explainPip(output));
}

function explainPip(output) {
  if (/No space left on device|Disk quota exceeded/i.test(output))
    return 'the disk is full; TensorFlow could not be downloaded.';
  if (/DO NOT MATCH THE HASHES/i.test(output))
    return 'the TensorFlow that pip downloaded is not the published one (its SHA-256 differs), so it was thrown away.';
  if (
    /Connection|Temporary failure|Network is unreachable|timed out|ProxyError|SSLError|resolve/i.test(output)
  )
    return 'pip cannot reach its package index. Check the network or proxy (pip config list), then run: npm run engine';
  return `pip could not download TensorFlow: ${lastLine(output)}.`;
}

const LIBRARY = /^tensorflow\/(libtensorflow_(?:cc|framework)\.so\.2)$/;
const HEADER = /^tensorflow\/include\/(tensorflow\/(?:c|core\/platform)\/.*|.*\/tsl\/.*|tsl\/.*)$/;
/** Beside `deps/lib`, where the libraries look for CUDA. */
const CUDA = /^nvidia\/[^/]+\/(?:lib|bin|nvvm)\/.*$/;

async function unpack(wheels, deps) {
  for (const wheel of readdirSync(wheels).filter((name) => name.endsWith('.whl')))
    await unzip(path.join(wheels, wheel), (name) => {
      if (name.split('/').includes('..')) return undefined;
      const library = LIBRARY.exec(name)?.[1];
      if (library !== undefined) return path.join(deps, 'lib', library);
      const header = HEADER.exec(name)?.[1];
      if (header !== undefined) return path.join(deps, 'include', header);
      return CUDA.test(name) ? path.join(deps, name) : undefined;
    });
  // The names that the linker is asked for.
  symlinkSync('libtensorflow_cc.so.2', path.join(deps, 'lib', 'libtensorflow.so'));
  symlinkSync('libtensorflow_framework.so.2', path.join(deps, 'lib', 'libtensorflow_framework.so'));
}

async function compile(compiler, work, packageFolder, addon) {
  mkdirSync(path.dirname(path.join(packageFolder, addon)), { recursive: true });
  const binding = path.join(packageFolder, 'binding');
  const sources = readdirSync(binding).filter((name) => name.endsWith('.cc'));
  const include = [path.join(work, 'node_modules', 'node-api-headers', 'include'), 'deps/include', '.'];
  const { code, output } = await run(
    compiler,
    [
      ...['-O2', '-std=c++17', '-fPIC', '-shared', '-DNAPI_VERSION=8'],
      ...include.map((folder) => `-I${folder}`),
      ...sources.map((name) => path.join('binding', name)),
      ...['-o', addon, '-Ldeps/lib', '-ltensorflow', '-ltensorflow_framework'],
      '-Wl,-rpath,$ORIGIN/../../deps/lib',
    ],
    { cwd: packageFolder, timeoutMs: COMPILE_TIMEOUT_MS },
  );
  if (code === 0 && existsSync(path.join(packageFolder, addon))) return;
  const error = output.split('\n').find((line) => /\berror\b/i.test(line)) ?? lastLine(output);
  throw new Refusal(`${compiler} could not compile the addon: ${error.trim()}.`);
}
