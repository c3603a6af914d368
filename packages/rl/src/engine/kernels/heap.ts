// How our own kernels reach the memory of the wasm and cpu backends.
//
// TF.js's wasm kernels cost much where they are scalar, generic over ranks or many for one formula. Ours are plain
// loops over Float32Array, one kernel per formula and one per gradient, run between TF.js's fast matrix products.

import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { elementwiseIn, elementwisePlainly, type Elementwise } from '../simd/elementwise.ts';
import { multiplyIn, multiplyPlainly, type Multiply } from '../simd/multiply.ts';

export type { Matrix } from '../simd/multiply.ts';

/** What a kernel may do: allocate first, then look. A view taken earlier dies when the heap grows. */
export interface Heap {
  allocate(shape: readonly number[]): tf.TensorInfo;
  floats(info: tf.TensorInfo): Float32Array;
  ints(info: tf.TensorInfo): Int32Array;
  /** Gives back memory that was allocated for the kernel's own use. */
  free(info: tf.TensorInfo): void;
  /** Matrix products of views of this heap. */
  readonly multiply: Multiply;
  readonly elementwise: Elementwise;
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
    ...simdOn(wasm),
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
    elementwise: elementwisePlainly,
  };
}

type SimdFunctions = Pick<Heap, 'multiply' | 'elementwise'>;

const simdOf = new WeakMap<BackendWasm, SimdFunctions>();

function simdOn(wasm: BackendWasm): SimdFunctions {
  const known = simdOf.get(wasm);
  if (known !== undefined) return known;
  const memory = memoryOf(wasm);
  const functions = { multiply: multiplyIn(memory), elementwise: elementwiseIn(memory) };
  simdOf.set(wasm, functions);
  return functions;
}

/** The memory that TF.js's module works in. Emscripten keeps it among the module's exports. */
function memoryOf(wasm: BackendWasm): WebAssembly.Memory {
  const asm: unknown = Reflect.get(wasm.wasm, 'asm');
  const memory: unknown = typeof asm === 'object' && asm !== null ? Reflect.get(asm, 'memory') : undefined;
  if (memory instanceof WebAssembly.Memory) return memory;
  throw new Error('The wasm backend does not show its memory.');
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
