// The bytes of a SavedModel. The message classes are those that tfjs-node ships, made by Google's protobuf compiler.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { locateNative, type NativeKind } from '../native/locate.ts';
import type { AttrValue, ConstantValue, GraphNode } from './graph-def.ts';

/** Setters return nothing of use; lists of sub-messages are appended to. */
interface Message {
  serializeBinary(): Uint8Array;
}
interface TensorShapeMessage extends Message {
  addDim(dim: Message): unknown;
}
interface TensorMessage extends Message {
  setDtype(dtype: number): unknown;
  setTensorShape(shape: Message): unknown;
  setTensorContent(bytes: Uint8Array): unknown;
}
interface ListMessage extends Message {
  setIList(values: readonly number[]): unknown;
  setFList(values: readonly number[]): unknown;
  setTypeList(values: readonly number[]): unknown;
}
interface AttrMessage extends Message {
  setS(bytes: Uint8Array): unknown;
  setI(value: number): unknown;
  setF(value: number): unknown;
  setB(value: boolean): unknown;
  setType(value: number): unknown;
  setShape(shape: Message): unknown;
  setTensor(tensor: Message): unknown;
  setList(list: Message): unknown;
}
interface NodeMessage extends Message {
  setName(name: string): unknown;
  setOp(op: string): unknown;
  setInputList(inputs: readonly string[]): unknown;
  getAttrMap(): { set(name: string, value: Message): unknown };
}

/** The message classes of tfjs-node's `dist/proto/api_pb.js`. */
interface GraphMessages {
  readonly SavedModel: new () => Message & {
    setSavedModelSchemaVersion(version: number): unknown;
    addMetaGraphs(graph: Message): unknown;
  };
  readonly MetaGraphDef: (new () => Message & {
    setMetaInfoDef(info: Message): unknown;
    setGraphDef(graph: Message): unknown;
  }) & { readonly MetaInfoDef: new () => Message & { addTags(tag: string): unknown } };
  readonly GraphDef: new () => Message & {
    addNode(node: Message): unknown;
    setVersions(versions: Message): unknown;
  };
  readonly VersionDef: new () => Message & { setProducer(version: number): unknown };
  readonly NodeDef: new () => NodeMessage;
  readonly AttrValue: (new () => AttrMessage) & { readonly ListValue: new () => ListMessage };
  readonly Tensor: new () => TensorMessage;
  readonly TensorShape: (new () => TensorShapeMessage) & {
    readonly Dim: new () => Message & { setSize(size: number): unknown };
  };
}

const known = new Map<NativeKind, GraphMessages>();

function messagesOf(kind: NativeKind): GraphMessages {
  const found = known.get(kind) ?? loadMessages(kind);
  known.set(kind, found);
  return found;
}

function loadMessages(kind: NativeKind): GraphMessages {
  const located = locateNative(kind);
  if ('missing' in located) throw new Error(`The ${kind} engine is gone: ${located.missing}`);
  const load = createRequire(join(located.install.packageFolder, 'package.json'));
  const loaded: unknown = load('./dist/proto/api_pb.js');
  const classes = ['SavedModel', 'MetaGraphDef', 'GraphDef', 'NodeDef', 'AttrValue', 'Tensor', 'TensorShape'];
  if (typeof loaded !== 'object' || loaded === null || !classes.every((name) => name in loaded)) {
    throw new Error('The native engine lacks the message classes of TensorFlow graphs. Run: npm run engine');
  }
  // The classes are generated, without types; their names were just checked.
  return loaded as GraphMessages;
}

/** The graph version that TensorFlow 2.18 writes; older libraries down to 2.9 read it as well. */
const GRAPH_VERSION = 1482;

/** @param kind which addon's message classes to write with */
export function encodeSavedModel(kind: NativeKind, nodes: readonly GraphNode[]): Uint8Array {
  const m = messagesOf(kind);
  const graph = new m.GraphDef();
  for (const node of nodes) graph.addNode(encodeNode(m, node));
  const versions = new m.VersionDef();
  versions.setProducer(GRAPH_VERSION);
  graph.setVersions(versions);
  const info = new m.MetaGraphDef.MetaInfoDef();
  info.addTags('serve');
  const meta = new m.MetaGraphDef();
  meta.setMetaInfoDef(info);
  meta.setGraphDef(graph);
  const model = new m.SavedModel();
  model.setSavedModelSchemaVersion(1);
  model.addMetaGraphs(meta);
  return model.serializeBinary();
}

function encodeNode(m: GraphMessages, { name, op, inputs, attrs }: GraphNode): Message {
  const node = new m.NodeDef();
  node.setName(name);
  node.setOp(op);
  node.setInputList([...inputs]);
  for (const [key, attr] of Object.entries(attrs)) node.getAttrMap().set(key, encodeAttr(m, attr));
  return node;
}

function encodeAttr(m: GraphMessages, attr: AttrValue): Message {
  const message = new m.AttrValue();
  switch (attr.kind) {
    case 'string':
      message.setS(Buffer.from(attr.value));
      break;
    case 'int':
      message.setI(attr.value);
      break;
    case 'float':
      message.setF(attr.value);
      break;
    case 'bool':
      message.setB(attr.value);
      break;
    case 'type':
      message.setType(attr.value);
      break;
    case 'shape':
      message.setShape(encodeShape(m, attr.value));
      break;
    case 'list':
      message.setList(encodeList(m, attr.of, attr.value));
      break;
    case 'tensor':
      message.setTensor(encodeTensor(m, attr.value));
      break;
  }
  return message;
}

function encodeShape(m: GraphMessages, sizes: readonly number[]): Message {
  const shape = new m.TensorShape();
  for (const size of sizes) {
    const dim = new m.TensorShape.Dim();
    dim.setSize(size);
    shape.addDim(dim);
  }
  return shape;
}

function encodeList(m: GraphMessages, of: 'int' | 'float' | 'type', values: readonly number[]): Message {
  const list = new m.AttrValue.ListValue();
  if (of === 'int') list.setIList([...values]);
  else if (of === 'float') list.setFList([...values]);
  else list.setTypeList([...values]);
  return list;
}

function encodeTensor(m: GraphMessages, { dtype, shape, bytes }: ConstantValue): Message {
  const tensor = new m.Tensor();
  tensor.setDtype(dtype);
  tensor.setTensorShape(encodeShape(m, shape));
  tensor.setTensorContent(bytes);
  return tensor;
}
