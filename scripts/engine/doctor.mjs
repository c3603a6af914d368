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

/** Prints the report. */
export async function examine() {
  if (!existsSync(path.join(root, 'node_modules', '.bin', 'tsx')))
    throw new PlainError('The packages are not installed yet. Run npm start or npm ci first.');
  const running = await measure([]);
  console.log(`Engine: ${running.name}`);
  for (const line of running.notBetter) console.log(`  not ${line}`);
  if (running.name === 'native' || running.name === 'gpu') sayTensorFlow(running.name);
  const wasm = running.name === 'wasm' ? running : await measure(['wasm']);
  console.log('Training step as rounds run it (4 layers, width 128, 16 texts of 64 tokens):');
  for (const { name, tokensPerSecond } of new Set([running, wasm]))
    console.log(`  ${name.padEnd(6)}  ${tokensPerSecond.toLocaleString('en')} tokens/s`);
}

function sayTensorFlow(kind) {
  const folder = engineFolder(kind);
  const route = { official: "TensorFlow.js's own installer", wheel: 'TensorFlow of its Python wheel' };
  const manifest = readManifest(folder);
  console.log(
    manifest === undefined
      ? '  from a package installed beside ours'
      : `  from ${route[manifest.route]}, in ${folder}`,
  );
  const { TF_ENABLE_ONEDNN_OPTS: oneDnn, TF_NUM_INTEROP_THREADS: threads } = process.env;
  console.log(`  oneDNN: ${oneDnn === '0' ? 'off (TF_ENABLE_ONEDNN_OPTS=0)' : 'on'}`);
  console.log(`  threads: ${threads || availableParallelism()}`);
}

async function measure(engine) {
  const { code, output } = await run(
    process.execPath,
    [
      '--import',
      'tsx',
      path.join('packages', 'rl', 'scripts', 'engine-speed.ts'),
      `${MEASURED_SECONDS}`,
      ...engine,
    ],
    { cwd: root, timeoutMs: TIMEOUT_MS },
  );
  const line = output.split('\n').find((text) => text.startsWith('{"name"'));
  if (code === 0 && line !== undefined) return JSON.parse(line);
  const error = output.split('\n').find((text) => /^\w*Error: /.test(text)) ?? lastLine(output);
  throw new PlainError(error.replace(/^\w*Error: /, ''));
}
