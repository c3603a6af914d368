// How our own kernels reach the memory of the wasm and cpu backends.
//
// TF.js's wasm kernels cost much where they are scalar, generic over ranks or many for one formula. Ours are plain
// loops over Float32Array, one kernel per formula and one per gradient, run between TF.js's fast matrix products.

import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { instantiateGemm } from '../simd/gemm.ts';

/** What a kernel may do: allocate first, then look. A view taken earlier dies when the heap grows. */
export interface Heap {
  allocate(shape: readonly number[]): tf.TensorInfo;
  floats(info: tf.TensorInfo): Float32Array;
  ints(info: tf.TensorInfo): Int32Array;
  /** Gives back memory that was allocated for the kernel's own use. */
  free(info: tf.TensorInfo): void;
  /** c = a · b, or c += a · b: a [M, K], b [K, N], c [M, N], all of them views of this heap. */
  multiply(sizes: ProductSizes, a: Matrix, b: Matrix, c: Matrix, mode: 'set' | 'add'): void;
}

export interface ProductSizes {
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** A row-major matrix inside a view: its first element, and the elements from one row to the next. */
export interface Matrix {
  readonly values: Float32Array;
  readonly at: number;
  readonly stride: number;
  /** For the left factor only: read it transposed; `stride` is then the length of its stored rows. */
  readonly transposed?: boolean;
}

export type FusedKernel = (
  heap: Heap,
  inputs: Readonly<Record<string, tf.TensorInfo>>,
  attrs: tf.NamedAttrMap,
) => tf.TensorInfo | tf.TensorInfo[];

const registered: { readonly name: string; readonly kernel: FusedKernel }[] = [];

/** Declares a kernel; `registerFusedKernels` makes it known to a backend. Returns how to call it. */
export function defineKernel(
  name: string,
  kernel: FusedKernel,
): (inputs: Readonly<Record<string, tf.Tensor>>, attrs?: tf.NamedAttrMap) => tf.Tensor[] {
  const kernelName = `Rankloop${name}`;
  registered.push({ name: kernelName, kernel });
  return (inputs, attrs = {}) => {
    const outputs: tf.Tensor | tf.Tensor[] = tf.engine().runKernel(kernelName, { ...inputs }, attrs);
    return Array.isArray(outputs) ? outputs : [outputs];
  };
}

const FUSED_BACKENDS = ['wasm', 'cpu'] as const;

let isRegistered = false;

/** Makes every declared kernel known; doing it again changes nothing. */
export function registerFusedKernels(): void {
  if (isRegistered) return;
  isRegistered = true;
  for (const { name, kernel } of registered) {
    for (const backendName of FUSED_BACKENDS) {
      const heapOf = backendName === 'wasm' ? wasmHeap : cpuHeap;
      tf.registerKernel({
        kernelName: name,
        backendName,
        kernelFunc: ({ inputs, backend, attrs }) => {
          const present: Record<string, tf.TensorInfo> = {};
          for (const [key, info] of Object.entries(inputs)) if (info !== undefined) present[key] = info;
          return kernel(heapOf(backend), present, attrs ?? {});
        },
      });
    }
  }
}

/** Whether the running engine has our kernels; else the same formulas are composed of stock ones. */
export function hasFusedKernels(): boolean {
  const backend = tf.getBackend();
  return isRegistered && FUSED_BACKENDS.some((name) => name === backend);
}

function wasmHeap(backend: unknown): Heap {
  // The kernel was registered for this backend.
  const wasm = backend as BackendWasm;
  return {
    allocate: (shape) => wasm.makeOutput([...shape], 'float32'),
    floats: (info) => float32(wasm.typedArrayFromHeap(info)),
    ints: (info) => int32(wasm.typedArrayFromHeap(info)),
    free: (info) => void wasm.disposeData(info.dataId),
    multiply: multiplyOn(wasm),
  };
}

function cpuHeap(backend: unknown): Heap {
  // The kernel was registered for this backend.
  const cpu = backend as MathBackendCPU;
  const valuesOf = (info: tf.TensorInfo): unknown => cpu.data.get(info.dataId).values;
  return {
    allocate: (shape) =>
      cpu.makeTensorInfo([...shape], 'float32', new Float32Array(tf.util.sizeFromShape([...shape]))),
    floats: (info) => float32(valuesOf(info)),
    ints: (info) => int32(valuesOf(info)),
    free: (info) => cpu.disposeIntermediateTensorInfo(info),
    multiply: multiplyPlainly,
  };
}

/** Rows of B that are used again and again should stay in the first cache. */
const K_BLOCK = 256;

const gemms = new WeakMap<BackendWasm, Heap['multiply']>();

function multiplyOn(wasm: BackendWasm): Heap['multiply'] {
  const known = gemms.get(wasm);
  if (known !== undefined) return known;
  const gemm = instantiateGemm(memoryOf(wasm));
  const multiply: Heap['multiply'] = ({ M, N, K }, a, b, c, mode) => {
    const [stored, along] = [a.stride * 4, 4];
    const [rowStride, step] = a.transposed === true ? [along, stored] : [stored, along];
    const aStart = a.values.byteOffset + a.at * 4;
    const bStart = b.values.byteOffset + b.at * 4;
    const cStart = c.values.byteOffset + c.at * 4;
    for (let k = 0; k < K; k += K_BLOCK) {
      const size = Math.min(K_BLOCK, K - k);
      const isAdding = mode === 'add' || k > 0;
      const [aAt, bAt] = [aStart + k * step, bStart + k * b.stride * 4];
      gemm(M, N, size, aAt, rowStride, step, bAt, b.stride * 4, cStart, c.stride * 4, isAdding ? 1 : 0);
    }
  };
  gemms.set(wasm, multiply);
  return multiply;
}

/** The memory that TF.js's module works in. Emscripten keeps it among the module's exports. */
function memoryOf(wasm: BackendWasm): WebAssembly.Memory {
  const asm: unknown = Reflect.get(wasm.wasm, 'asm');
  const memory: unknown = typeof asm === 'object' && asm !== null ? Reflect.get(asm, 'memory') : undefined;
  if (memory instanceof WebAssembly.Memory) return memory;
  throw new Error('The wasm backend does not show its memory.');
}

const multiplyPlainly: Heap['multiply'] = ({ M, N, K }, a, b, c, mode) => {
  for (let m = 0; m < M; m++) {
    const row = c.at + m * c.stride;
    if (mode === 'set') c.values.fill(0, row, row + N);
    for (let k = 0; k < K; k++) {
      const factor = a.values[a.transposed === true ? a.at + k * a.stride + m : a.at + m * a.stride + k] ?? 0;
      addScaled(c.values, row, b.values, b.at + k * b.stride, factor, N);
    }
  }
};

/** to += factor · from. */
export function addScaled(
  to: Float32Array,
  atTo: number,
  from: Float32Array,
  atFrom: number,
  factor: number,
  n: number,
): void {
  for (let i = 0; i < n; i++) to[atTo + i] = (to[atTo + i] ?? 0) + factor * (from[atFrom + i] ?? 0);
}

function float32(values: unknown): Float32Array {
  if (values instanceof Float32Array) return values;
  throw new Error('A kernel met values that are not float32.');
}

function int32(values: unknown): Int32Array {
  if (values instanceof Int32Array) return values;
  throw new Error('A kernel met values that are not int32.');
}

/** An input that the kernel cannot do without. */
export function required(inputs: Readonly<Record<string, tf.TensorInfo>>, name: string): tf.TensorInfo {
  const info = inputs[name];
  if (info === undefined) throw new Error(`A kernel was called without ${name}.`);
  return info;
}

export function numberAttr(attrs: tf.NamedAttrMap, name: string): number {
  const value = attrs[name];
  if (typeof value !== 'number') throw new Error(`A kernel was called without the number ${name}.`);
  return value;
}
