// Kernels of tfjs-node that look at values, which a recorded step must not do.

import * as tf from '@tensorflow/tfjs-core';
import { DATA_TYPES, graphDataType, nativeBackend } from './addon.ts';

let isRegistered = false;

/** Replaces them; doing it again changes nothing. */
export function registerRecordableKernels(): void {
  if (isRegistered) return;
  isRegistered = true;
  // The stock kernel reads all indices to check their range; the operation itself checks it again.
  tf.unregisterKernel('GatherV2', 'tensorflow');
  tf.registerKernel({ kernelName: 'GatherV2', backendName: 'tensorflow', kernelFunc: gather });
}

const gather: tf.KernelFunc = ({ inputs, attrs }) => {
  const { x, indices } = inputs;
  const [axis, batchDims] = [attrs?.['axis'], attrs?.['batchDims']];
  const backend = nativeBackend();
  if (x === undefined || indices === undefined || backend === null)
    throw new Error('Gather needs x and indices.');
  const { TF_ATTR_INT, TF_ATTR_TYPE } = backend.binding;
  const type = (name: string, dtype: string) => ({
    name,
    type: TF_ATTR_TYPE,
    value: DATA_TYPES[graphDataType(dtype)],
  });
  return tf.tidy(() =>
    backend.executeSingleOutput(
      'GatherV2',
      [
        { name: 'batch_dims', type: TF_ATTR_INT, value: Number(batchDims ?? 0) },
        type('Tparams', x.dtype),
        type('Tindices', indices.dtype),
        type('Taxis', 'int32'),
      ],
      [x, indices, tf.scalar(Number(axis ?? 0), 'int32')],
    ),
  );
};
