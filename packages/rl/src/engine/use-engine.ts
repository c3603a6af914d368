// Chooses and starts the numeric engine, once per process.
//
// Order: native (not part of this build yet) -> wasm -> cpu. Every refusal is kept as a sentence, so that the log,
// the health page and each round can say which engine ran and why no better one did.

import '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { registerGradients } from './gradients.ts';
import { registerFusedKernels } from './kernels/heap.ts';
import { registerMissingKernels } from './missing-kernels.ts';

export type EngineName = 'native' | 'wasm' | 'cpu';

export interface EngineReport {
  readonly name: EngineName;
  /** One sentence per better engine that is not the one running. */
  readonly notBetter: readonly string[];
}

const FALLBACK_ORDER: readonly EngineName[] = ['native', 'wasm', 'cpu'];

let running: { readonly prefer: EngineName; readonly report: Promise<EngineReport> } | undefined;

/**
 * Starts the best engine that works here and reports it. `prefer` (else RANKLOOP_ENGINE, else the best) is where the
 * search begins: a better engine than the preferred one is never tried. Asking again for the same engine is free.
 */
export function useEngine(options: { readonly prefer?: EngineName } = {}): Promise<EngineReport> {
  const prefer = options.prefer ?? parseEngineName(process.env['RANKLOOP_ENGINE']);
  if (running?.prefer !== prefer) running = { prefer, report: startFirstWorking(prefer) };
  return running.report;
}

function parseEngineName(text: string | undefined): EngineName {
  if (text === undefined || text === '') return 'native';
  const found = FALLBACK_ORDER.find((name) => name === text);
  if (found === undefined) {
    throw new Error(`RANKLOOP_ENGINE is "${text}"; it must be one of ${FALLBACK_ORDER.join(', ')}.`);
  }
  return found;
}

async function startFirstWorking(prefer: EngineName): Promise<EngineReport> {
  const notBetter: string[] = [];
  registerGradients();
  registerFusedKernels();
  for (const name of FALLBACK_ORDER.slice(0, FALLBACK_ORDER.indexOf(prefer))) {
    notBetter.push(`${name}: not tried, because ${prefer} was asked for.`);
  }
  for (const name of FALLBACK_ORDER.slice(FALLBACK_ORDER.indexOf(prefer))) {
    const refusal = await start(name);
    if (refusal === null) return { name, notBetter };
    notBetter.push(`${name}: ${refusal}`);
  }
  throw new Error(`No numeric engine could be started. ${notBetter.join(' ')}`);
}

/** Null when the engine runs, else the sentence that says why it does not. */
async function start(name: EngineName): Promise<string | null> {
  if (name === 'native') return 'the native TensorFlow engine is not installed.';
  try {
    if (name === 'wasm') pointAtWasmFiles();
    if (!(await tf.setBackend(name))) return 'it could not be initialised.';
    await tf.ready();
    if (name === 'wasm') registerMissingKernels();
    return null;
  } catch (error) {
    return `it could not be initialised (${error instanceof Error ? error.message : String(error)}).`;
  }
}

/**
 * The .wasm files lie beside the package's own code. Resolved from this module (run from source) and, failing that,
 * from the working directory: a bundle may have been written to a folder from which the package cannot be seen.
 */
function pointAtWasmFiles(): void {
  const bases = [import.meta.url, `${process.cwd()}${sep}package.json`];
  for (const base of bases) {
    try {
      const main = createRequire(base).resolve('@tensorflow/tfjs-backend-wasm');
      setWasmPaths(dirname(main) + sep);
      return;
    } catch {
      // Try the next place; with none left the backend looks beside its own code.
    }
  }
}
