// Run by the set-up in a process of its own, which an addon that crashes may take down:
// `node self-test.mjs PACKAGE-FOLDER ADDON KIND`. Loads the addon as the product does, but with the tfjs-core of its own
// folder, and multiplies two matrices. Ends with 0 when the engine is good.
import { createRequire } from 'node:module';
import path from 'node:path';
import util from 'node:util';

const [folder, addonFile, kind] = process.argv.slice(2);
const SIZE = 64;

if (!('isNullOrUndefined' in util))
  Object.defineProperty(util, 'isNullOrUndefined', {
    value: (value) => value === null || value === undefined,
  });
const load = createRequire(path.join(folder, 'package.json'));
const tf = load('@tensorflow/tfjs');
// The addon's package asks for both names; two cores would each hold half of the kernels.
load.cache[load.resolve('@tensorflow/tfjs-core')] = load.cache[load.resolve('@tensorflow/tfjs')];
load('./dist/register_all_kernels.js');
const binding = load(addonFile);
if (kind === 'gpu' && !binding.isUsingGpuDevice()) {
  console.error('TensorFlow finds no usable GPU');
  process.exit(2);
}
const { NodeJSKernelBackend } = load('./dist/nodejs_kernel_backend.js');
const name = kind === 'gpu' ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, name));
await tf.setBackend('tensorflow');

// Whole numbers, so that the order of summation cannot matter.
const value = (row, column) => ((row * 7 + column * 3) % 11) - 5;
const matrix = tf.tensor2d(
  Array.from({ length: SIZE * SIZE }, (_, i) => value(Math.floor(i / SIZE), i % SIZE)),
  [SIZE, SIZE],
);
const got = tf.matMul(matrix, matrix).dataSync();
const wrong = got.findIndex((found, i) => {
  const [row, column] = [Math.floor(i / SIZE), i % SIZE];
  let expected = 0;
  for (let k = 0; k < SIZE; k++) expected += value(row, k) * value(k, column);
  return found !== expected;
});
if (wrong !== -1) {
  console.error('it multiplied two matrices wrongly');
  process.exit(3);
}
