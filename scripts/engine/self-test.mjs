// Run by the set-up in a process of its own, which an addon that crashes may take down:
// `node self-test.mjs PACKAGE-FOLDER ADDON KIND`. Loads the addon as the product does, but with the tfjs-core of its own
// folder, multiplies two matrices, and runs a recorded step, as every training step is. Ends with 0 when the engine is
// good.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
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

const weights = runRecordedStep();
if (weights.join() !== '3,5') {
  console.error(`a recorded step gave ${weights.join(', ')} instead of 3, 5`);
  process.exit(4);
}

/** A graph with a state, saved and loaded as packages/rl/src/engine/graph does: weight <- 1, 2; weight <- weight + 2, 3. */
function runRecordedStep() {
  const FLOAT = 1;
  const dir = mkdtempSync(path.join(tmpdir(), 'rankloop-graph-'));
  let session;
  try {
    mkdirSync(path.join(dir, 'variables'));
    writeFileSync(path.join(dir, 'saved_model.pb'), encodeGraph(FLOAT));
    session = binding.loadSavedModel(dir, 'serve');
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  const feed = (input, values, output) => {
    const tensor = binding.createTensor([values.length], FLOAT, Float32Array.from(values));
    const [result] = binding.runSavedModel(session, [tensor], input, output);
    const found = Array.from(binding.tensorDataSync(result.id));
    for (const id of [tensor, result.id]) binding.deleteTensor(id);
    return found;
  };
  feed('initial', [1, 2], 'set');
  const found = feed('by', [2, 3], 'added');
  binding.deleteSavedModel(session);
  return found;
}

function encodeGraph(FLOAT) {
  const proto = load('./dist/proto/api_pb.js');
  const graph = new proto.GraphDef();
  const shape = () => {
    const dim = new proto.TensorShape.Dim();
    dim.setSize(2);
    const message = new proto.TensorShape();
    message.addDim(dim);
    return message;
  };
  const add = (nodeName, op, inputs, types, withShape) => {
    const node = new proto.NodeDef();
    node.setName(nodeName);
    node.setOp(op);
    node.setInputList(inputs);
    for (const key of types) {
      const type = new proto.AttrValue();
      type.setType(FLOAT);
      node.getAttrMap().set(key, type);
    }
    if (withShape) {
      const attr = new proto.AttrValue();
      attr.setShape(shape());
      node.getAttrMap().set('shape', attr);
    }
    graph.addNode(node);
  };
  add('weight', 'VarHandleOp', [], ['dtype'], true);
  for (const input of ['initial', 'by']) add(input, 'Placeholder', [], ['dtype'], true);
  add('assign', 'AssignVariableOp', ['weight', 'initial'], ['dtype'], false);
  add('set', 'Identity', ['initial', '^assign'], ['T'], false);
  add('add', 'AssignAddVariableOp', ['weight', 'by'], ['dtype'], false);
  add('added', 'ReadVariableOp', ['weight', '^add'], ['dtype'], false);
  const info = new proto.MetaGraphDef.MetaInfoDef();
  info.addTags('serve');
  const meta = new proto.MetaGraphDef();
  meta.setMetaInfoDef(info);
  meta.setGraphDef(graph);
  const model = new proto.SavedModel();
  model.setSavedModelSchemaVersion(1);
  model.addMetaGraphs(meta);
  return model.serializeBinary();
}
