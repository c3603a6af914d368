// `npm run engine -- doctor`: what a round would compute with here, and how fast that is.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { root } from '../lib/paths.mjs';
import { PlainError } from '../lib/plain.mjs';
import { engineFolder, readManifest } from './places.mjs';
import { lastLine, run } from './run.mjs';

/** Together about ten seconds of measuring. */
const MEASURED_SECONDS = 5;
const TIMEOUT_MS = 3 * 60_000;

/**
 * What was measured of one engine; packages/rl/scripts/engine-speed.ts prints it.
 * @typedef {{ name: string, notBetter: string[], tokensPerSecond: number }} Measured
 */

/** Prints the report. */
export async function examine({ seconds = MEASURED_SECONDS, say = console.log } = {}) {
  if (!existsSync(path.join(root, 'node_modules', '.bin', 'tsx')))
    throw new PlainError('The packages are not installed yet. Run npm start or npm ci first.');
  const running = await measure(seconds, []);
  for (const line of aboutEngine(running)) say(line);
  const wasm = running.name === 'wasm' ? running : await measure(seconds, ['wasm']);
  for (const line of aboutSpeed([running, wasm])) say(line);
}

/**
 * Which engine runs, why no better one does, and how TensorFlow is set.
 * @param {Measured} running
 * @param {Record<string, string | undefined>} env
 */
export function aboutEngine({ name, notBetter }, env = process.env, cores = availableParallelism()) {
  const lines = [`Engine: ${name}`, ...notBetter.map((line) => `  not ${line}`)];
  if (name !== 'native' && name !== 'gpu') return lines;
  const folder = engineFolder(name);
  const route = { official: "TensorFlow.js's own installer", wheel: 'TensorFlow of its Python wheel' };
  const manifest = readManifest(folder);
  const origin =
    manifest === undefined ? 'a package installed beside ours' : `${route[manifest.route]}, in ${folder}`;
  // Rounds give each operation of a small model one thread: native/load.ts.
  const each =
    env.TF_NUM_INTRAOP_THREADS || (name === 'native' ? '1, all for models of width 512 and more' : cores);
  return [
    ...lines,
    `  from ${origin}`,
    `  oneDNN: ${env.TF_ENABLE_ONEDNN_OPTS === '0' ? 'off (TF_ENABLE_ONEDNN_OPTS=0)' : 'on'}`,
    `  threads: ${env.TF_NUM_INTEROP_THREADS || cores} operations at a time; for each of them ${each}`,
  ];
}

/** @param {Measured[]} measured */
export function aboutSpeed(measured) {
  const rows = [...new Set(measured)].map(
    ({ name, tokensPerSecond }) => `  ${name.padEnd(6)}  ${tokensPerSecond.toLocaleString('en')} tokens/s`,
  );
  return ['Training step as rounds run it (4 layers, width 128, 16 texts of 64 tokens):', ...rows];
}

/** @returns {Promise<Measured>} */
async function measure(seconds, engine) {
  const { code, output } = await run(
    process.execPath,
    ['--import', 'tsx', path.join('packages', 'rl', 'scripts', 'engine-speed.ts'), `${seconds}`, ...engine],
    { cwd: root, timeoutMs: TIMEOUT_MS },
  );
  const line = output.split('\n').find((text) => text.startsWith('{"name"'));
  if (code === 0 && line !== undefined) return JSON.parse(line);
  const error = output.split('\n').find((text) => /^\w*Error: /.test(text)) ?? lastLine(output);
  throw new PlainError(error.replace(/^\w*Error: /, ''));
}
