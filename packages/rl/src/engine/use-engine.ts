// Chooses and starts the numeric engine, once per process.
//
// Order: TensorFlow on a GPU, TensorFlow on the processor (native), wasm, cpu. Every refusal is kept as a sentence, so
// that the log, the health page and each round can say which engine ran and why no better one did.

import '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { registerGradients } from './gradients.ts';
import { registerFusedKernels } from './kernels/heap.ts';
import { registerMissingKernels } from './missing-kernels.ts';
import { loadNative, NATIVE_BACKEND, operationsAtATime } from './native/load.ts';
import { engineFolder, engineRoot, locateNative, type NativeKind } from './native/locate.ts';
import { isBeingPrepared, lockOf } from './native/preparation.ts';
import { shareRowsAmong } from './row-blocks.ts';

export type EngineName = NativeKind | 'wasm' | 'cpu';

export interface EngineReport {
  readonly name: EngineName;
  /** One sentence per better engine that is not the one running. */
  readonly notBetter: readonly string[];
  /** Where a better engine may appear while this process runs. */
  readonly setUp: {
    /** Changes whenever the set-up begins or ends. */
    readonly folder: string;
    /** There while a better engine than this one is being prepared; null when none is. */
    readonly lock: string | null;
  };
}

/** From the fastest to the one that runs anywhere. */
export const ENGINE_NAMES: readonly EngineName[] = ['gpu', 'native', 'wasm', 'cpu'];

interface Wish {
  /** Where the search begins: a better engine is never tried. */
  readonly from: EngineName;
  /** Whether a slower engine will do. */
  readonly orWorse: boolean;
}

let running: { readonly wish: Wish; readonly report: Promise<EngineReport> } | undefined;

export interface EngineOptions {
  readonly prefer?: EngineName;
  /**
   * Of the hidden states of the model to come. TensorFlow's threads are set out for it when it is first loaded, for a
   * small model where it is not known; any model computes the same.
   */
  readonly modelWidth?: number;
}

/**
 * Starts the best engine that works here and reports it. `prefer` is where the search begins: a better engine is not
 * tried, a worse one taken where the preferred one does not work. Without `prefer`, RANKLOOP_ENGINE forces one engine.
 * Asking again for the same engine is free.
 * @throws Error when RANKLOOP_ENGINE names no engine or one that does not work here
 */
export function useEngine(options: EngineOptions = {}): Promise<EngineReport> {
  const wish = wishOf(options.prefer, process.env['RANKLOOP_ENGINE']);
  if (running?.wish.from !== wish.from || running.wish.orWorse !== wish.orWorse) {
    running = { wish, report: startWished(wish, options.modelWidth ?? 0) };
  }
  return running.report;
}

function wishOf(prefer: EngineName | undefined, forced: string | undefined): Wish {
  if (prefer !== undefined) return { from: prefer, orWorse: true };
  if (forced === undefined || forced === '') return { from: 'gpu', orWorse: true };
  const found = ENGINE_NAMES.find((name) => name === forced);
  if (found === undefined) {
    throw new Error(`RANKLOOP_ENGINE is "${forced}"; it must be one of ${ENGINE_NAMES.join(', ')}.`);
  }
  return { from: found, orWorse: false };
}

async function startWished({ from, orWorse }: Wish, modelWidth: number): Promise<EngineReport> {
  const notBetter: string[] = [];
  registerGradients();
  registerFusedKernels();
  const first = ENGINE_NAMES.indexOf(from);
  for (const name of ENGINE_NAMES.slice(0, first)) {
    notBetter.push(`${name}: not tried, because ${from} was asked for.`);
  }
  for (const name of orWorse ? ENGINE_NAMES.slice(first) : [from]) {
    const refusal = await start(name, modelWidth);
    if (refusal === null) return { name, notBetter, setUp: lookAtSetUp(name, from) };
    if (!orWorse) {
      throw new Error(`RANKLOOP_ENGINE is ${name}, which does not work here: ${refusal}`);
    }
    notBetter.push(`${name}: ${refusal}`);
  }
  throw new Error(`No numeric engine could be started. ${notBetter.join(' ')}`);
}

function lookAtSetUp(name: EngineName, from: EngineName): EngineReport['setUp'] {
  const isNativeWanted = from === 'gpu' || from === 'native';
  const folder = engineFolder('native');
  const isBetterComing = isNativeWanted && name !== 'gpu' && name !== 'native' && isBeingPrepared(folder);
  return { folder: engineRoot(), lock: isBetterComing ? lockOf(folder) : null };
}

/** Null when the engine runs, else the sentence that says why it does not. */
async function start(name: EngineName, modelWidth: number): Promise<string | null> {
  try {
    if (name === 'gpu' || name === 'native') {
      const located = locateNative(name);
      if ('missing' in located) return located.missing;
      loadNative(located.install, modelWidth);
    }
    if (name === 'wasm') pointAtWasmFiles();
    if (!(await tf.setBackend(backendOf(name)))) return 'it could not be initialised.';
    await tf.ready();
    if (name === 'wasm') registerMissingKernels();
    shareRowsAmong(name === 'native' ? operationsAtATime() : 1);
    return null;
  } catch (error) {
    return `it could not be initialised (${error instanceof Error ? error.message : String(error)}).`;
  }
}

function backendOf(name: EngineName): string {
  return name === 'gpu' || name === 'native' ? NATIVE_BACKEND : name;
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
