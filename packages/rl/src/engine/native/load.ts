// Puts a TensorFlow addon under our tfjs-core.
//
// `require('@tensorflow/tfjs-node')` would bring the whole of TF.js with a second tfjs-core, and register its backend
// and kernels there, where our models do not look. Two things in its package are all that we need: the backend class
// and the list of kernels. They ask for '@tensorflow/tfjs' and get our core instead, through Node's module cache.

import * as tf from '@tensorflow/tfjs-core';
import { createRequire, Module } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import util from 'node:util';
import type { NativeInstall, NativeKind } from './locate.ts';
import { withOwnMemory } from './own-memory.ts';

/** The name that the addon's kernels are registered under. */
export const NATIVE_BACKEND = 'tensorflow';

/**
 * From this width on threads share an operation: it has work enough for all of them, and blocks of rows would give each
 * of its many weights several gradients to add up. Below, each operation has one thread; see row-blocks.ts.
 */
const WIDE = 512;

let loaded: NativeKind | null = null;

/**
 * Registers the addon as backend 'tensorflow' of our tfjs-core; doing it again changes nothing. `modelWidth` decides
 * once, for the whole process, what its threads do.
 * @throws Error when the addon does not load, when this process holds the other kind, or when a GPU addon finds no GPU
 */
export function loadNative({ kind, packageFolder, addonFile }: NativeInstall, modelWidth: number): void {
  if (loaded === kind) return;
  if (loaded !== null) throw new Error(`this process computes with the ${loaded} addon already.`);
  // TensorFlow greets on stderr in every process; warnings and errors still show.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '1';
  if (kind === 'native' && modelWidth < WIDE) process.env['TF_NUM_INTRAOP_THREADS'] ??= '1';
  restoreIsNullOrUndefined();
  const load = createRequire(join(packageFolder, 'package.json'));
  answerWithOurCore(load);
  const binding = loadBinding(load, addonFile);
  if (kind === 'gpu' && !isUsingGpu(binding)) throw new Error('TensorFlow finds no usable GPU.');
  const backendClass = functionIn(load('./dist/nodejs_kernel_backend.js'), 'NodeJSKernelBackend');
  load('./dist/register_all_kernels.js');
  const packageName = kind === 'gpu' ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  // Checked above to be a function of that name: the package's one backend class.
  const create = () => Reflect.construct(backendClass, [binding, packageName]) as tf.KernelBackend;
  if (!tf.registerBackend(NATIVE_BACKEND, create)) {
    throw new Error('another backend is registered as "tensorflow".');
  }
  loaded = kind;
}

/** Operations that have a thread of their own on the processor; 1 where threads share an operation. */
export function operationsAtATime(): number {
  if (process.env['TF_NUM_INTRAOP_THREADS'] !== '1') return 1;
  return Number(process.env['TF_NUM_INTEROP_THREADS']) || availableParallelism();
}

/** Node 23 dropped a helper that the package still calls. */
function restoreIsNullOrUndefined(): void {
  if ('isNullOrUndefined' in util) return;
  Object.defineProperty(util, 'isNullOrUndefined', {
    value: (value: unknown) => value === null || value === undefined,
    configurable: true,
  });
}

function answerWithOurCore(load: NodeJS.Require): void {
  for (const name of ['@tensorflow/tfjs', '@tensorflow/tfjs-core']) {
    const file = load.resolve(name);
    const standIn = new Module(file);
    standIn.filename = file;
    standIn.exports = tf;
    standIn.loaded = true;
    load.cache[file] = standIn;
  }
}

/** A copy: the addon's own exports are read-only, and some are wrapped, here and by who records a graph. */
function loadBinding(load: NodeJS.Require, addonFile: string): object {
  const exported: unknown = load(addonFile);
  if (typeof exported !== 'object' || exported === null) throw new Error(`${addonFile} exports nothing.`);
  const binding = Object.fromEntries(
    Object.getOwnPropertyNames(exported).map((name) => [name, Reflect.get(exported, name)]),
  );
  return { ...binding, createTensor: withOwnMemory(functionIn(binding, 'createTensor')) };
}

function isUsingGpu(binding: object): boolean {
  return functionIn(binding, 'isUsingGpuDevice').call(binding) === true;
}

function functionIn(owner: unknown, name: string): (...args: unknown[]) => unknown {
  const value: unknown = typeof owner === 'object' && owner !== null ? Reflect.get(owner, name) : undefined;
  if (typeof value !== 'function') throw new Error(`the addon's package has no ${name}.`);
  // A function of a plain JavaScript package; what it returns is checked where it is used.
  return value as (...args: unknown[]) => unknown;
}
