// Kernels that the wasm backend lacks, gets wrong or makes too slow, written over its heap.

import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

let isRegistered = false;

/** Registers the missing wasm kernels; doing it again changes nothing. */
export function registerMissingKernels(): void {
  if (isRegistered) return;
  isRegistered = true;
  tf.registerKernel({
    kernelName: 'UnsortedSegmentSum',
    backendName: 'wasm',
    kernelFunc: unsortedSegmentSum,
  });
  tf.unregisterKernel('Identity', 'wasm');
  tf.registerKernel({ kernelName: 'Identity', backendName: 'wasm', kernelFunc: identity });
  tf.unregisterKernel('OneHot', 'wasm');
  tf.registerKernel({ kernelName: 'OneHot', backendName: 'wasm', kernelFunc: oneHot });
}

/** output[segmentIds[i], :] += x[i, :]. It is the gradient of a gather along axis 0. */
const unsortedSegmentSum: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const { x, segmentIds } = inputs;
  const numSegments = attrs?.['numSegments'];
  if (x === undefined || segmentIds === undefined || typeof numSegments !== 'number') {
    throw new Error('UnsortedSegmentSum needs x, segmentIds and numSegments.');
  }
  if (x.dtype !== 'float32') throw new Error(`UnsortedSegmentSum sums float32, not ${x.dtype}.`);
  const wasm = asWasm(backend);
  const rows = tf.util.sizeFromShape(segmentIds.shape);
  const innerShape = x.shape.slice(segmentIds.shape.length);
  const innerSize = tf.util.sizeFromShape(innerShape);
  const output = wasm.makeOutput([numSegments, ...innerShape], 'float32');
  // Views are taken after the allocation: growing the heap detaches earlier ones.
  const sums = wasm.typedArrayFromHeap(output);
  const values = wasm.typedArrayFromHeap(x);
  const ids = wasm.typedArrayFromHeap(segmentIds);
  sums.fill(0);
  for (let row = 0; row < rows; row++) {
    const segment = ids[row] ?? -1;
    if (segment < 0 || segment >= numSegments) continue;
    const from = row * innerSize;
    const to = segment * innerSize;
    for (let i = 0; i < innerSize; i++) sums[to + i] = (sums[to + i] ?? 0) + (values[from + i] ?? 0);
  }
  return output;
};

/** The stock kernel writes whole numbers whatever the type: oneHot(.., 'float32') holds 1.4e-45 for 1. */
const oneHot: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const { indices } = inputs;
  const depth = attrs?.['depth'];
  const [onValue, offValue, dtype] = [attrs?.['onValue'], attrs?.['offValue'], attrs?.['dtype']];
  if (indices === undefined || typeof depth !== 'number' || typeof onValue !== 'number') {
    throw new Error('OneHot needs indices, depth and onValue.');
  }
  const wasm = asWasm(backend);
  const output = wasm.makeOutput([...indices.shape, depth], dtype === 'float32' ? 'float32' : 'int32');
  const values = wasm.typedArrayFromHeap(output);
  const ids = wasm.typedArrayFromHeap(indices);
  values.fill(typeof offValue === 'number' ? offValue : 0);
  ids.forEach((id, row) => {
    if (id >= 0 && id < depth) values[row * depth + id] = onValue;
  });
  return output;
};

/** The stock kernel copies the values. Tensors never change, so a second owner of the same memory will do. */
const identity: tf.KernelFunc = ({ inputs, backend }) => {
  const { x } = inputs;
  if (x === undefined) throw new Error('Identity needs x.');
  const wasm = asWasm(backend);
  wasm.incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
};

function asWasm(backend: unknown): BackendWasm {
  if (backend instanceof BackendWasm) return backend;
  throw new Error('A kernel of the wasm backend was run on another one.');
}
