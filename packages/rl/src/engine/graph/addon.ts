// The parts of tfjs-node's backend and addon that recording needs. The package is an optional peer, so its own types
// may be absent; these are the shapes of version 4.22.0, which is its last.

import * as tf from '@tensorflow/tfjs-core';

/** The identity of a tensor's data; tensors that share it hold the same values. */
export type DataId = tf.TensorInfo['dataId'];

/** An attribute of an operation as kernels hand it over; `type` is one of the addon's TF_ATTR_ constants. */
export interface OpAttr {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** A tensor of the addon: a handle that has to be deleted. `dtype` is a number of TensorFlow's DataType. */
export interface AddonTensor {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

export interface Binding {
  createTensor(shape: readonly number[], dtype: number, values: tf.TypedArray): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): tf.TypedArray;
  loadSavedModel(dir: string, tags: string): number;
  deleteSavedModel(id: number): void;
  /** Names are joined by commas; inputs are fed in the order of their names. */
  runSavedModel(
    id: number,
    inputIds: readonly number[],
    inputNames: string,
    outputNames: string,
  ): AddonTensor[];
  /** Live handles, for tests of leaks. */
  getNumOfTensors(): number;
  getNumOfSavedModels(): number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
}

/** Where a tensor's data is: in the addon under `id`, or still in `values`, not yet handed over. */
export interface TensorData {
  readonly shape: number[];
  readonly dtype: number;
  values: tf.BackendValues | null;
  id: number;
  readonly refCount: number;
}

export interface NativeBackend {
  /** Whether it is tfjs-node-gpu. */
  readonly isGPUPackage: boolean;
  readonly binding: Binding;
  readonly tensorMap: { get(dataId: DataId): TensorData; has(dataId: DataId): boolean };
  executeSingleOutput(name: string, attrs: readonly OpAttr[], inputs: readonly tf.TensorInfo[]): tf.Tensor;
  executeMultipleOutputs(
    name: string,
    attrs: readonly OpAttr[],
    inputs: readonly tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[];
  getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[];
  createOutputTensor(metadata: AddonTensor): tf.Tensor;
  write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): DataId;
  readSync(dataId: DataId): tf.BackendValues;
  read(dataId: DataId): Promise<tf.BackendValues>;
}

/** TensorFlow's DataType numbers of the types that state, inputs and constants may have. */
export const DATA_TYPES = { float32: 1, int32: 3, bool: 10 } as const;
export type GraphDataType = keyof typeof DATA_TYPES;

export function graphDataType(dtype: string): GraphDataType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new Error(`A recorded step works on float32, int32 and bool tensors, not on ${dtype}.`);
}

/** The backend, if the running engine is native TensorFlow (CPU or GPU); else null. */
export function nativeBackend(): NativeBackend | null {
  if (tf.getBackend() !== 'tensorflow') return null;
  const backend: unknown = tf.backend();
  if (isNativeBackend(backend)) return backend;
  throw new Error('The backend "tensorflow" is not the one of tfjs-node 4.22.0.');
}

function isNativeBackend(backend: unknown): backend is NativeBackend {
  return (
    typeof backend === 'object' &&
    backend !== null &&
    ['binding', 'tensorMap', 'executeSingleOutput', 'executeMultipleOutputs', 'getInputTensorIds'].every(
      (part) => part in backend,
    )
  );
}
