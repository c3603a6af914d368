// A TensorFlow graph in memory, and as the bytes of a SavedModel. The message classes are those that tfjs-node ships.

import { createHash } from 'node:crypto';
import type { Binding, OpAttr } from './addon.ts';

/** Values of an attribute, by TensorFlow's kinds. */
export type AttrValue =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'int' | 'float' | 'type'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'shape'; readonly value: readonly number[] }
  | { readonly kind: 'list'; readonly of: 'int' | 'float' | 'type'; readonly value: readonly number[] }
  | { readonly kind: 'tensor'; readonly value: ConstantValue };

export interface ConstantValue {
  readonly dtype: number;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
  /** Of dtype, shape and bytes. */
  readonly hash: string;
}

export interface GraphNode {
  readonly name: string;
  readonly op: string;
  /** "node", "node:1" for a second output, "^node" for an edge of order only. */
  readonly inputs: readonly string[];
  readonly attrs: Readonly<Record<string, AttrValue>>;
}

export function constantValue(
  dtype: number,
  shape: readonly number[],
  values: ArrayBufferView,
): ConstantValue {
  // A copy: whoever gave the values may write over them.
  const bytes = Uint8Array.from(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  const hash = createHash('sha256').update(`${dtype}[${shape.join()}]`).update(bytes).digest('base64');
  return { dtype, shape, bytes, hash };
}

/** A kernel's attribute as a graph has it. */
export function attrValueOf(binding: Binding, op: string, { name, type, value }: OpAttr): AttrValue {
  if (typeof value === 'string' && type === binding.TF_ATTR_STRING) return { kind: 'string', value };
  if (type === binding.TF_ATTR_BOOL) return { kind: 'bool', value: Boolean(value) };
  if (type === binding.TF_ATTR_SHAPE && Array.isArray(value)) {
    return { kind: 'shape', value: value.map(Number) };
  }
  const numeric = numericKind(binding, type);
  if (numeric !== null && typeof value === 'number') return { kind: numeric, value };
  if (numeric !== null && Array.isArray(value))
    return { kind: 'list', of: numeric, value: value.map(Number) };
  throw new Error(`The attribute ${name} of ${op} is of a kind that cannot be recorded.`);
}

function numericKind(binding: Binding, type: number): 'int' | 'float' | 'type' | null {
  if (type === binding.TF_ATTR_INT) return 'int';
  if (type === binding.TF_ATTR_FLOAT) return 'float';
  return type === binding.TF_ATTR_TYPE ? 'type' : null;
}

/** One line that is equal for equal nodes; constants by their hash. */
export function describeNode({ op, inputs, attrs }: GraphNode): string {
  const sorted = Object.entries(attrs).sort(([a], [b]) => (a < b ? -1 : 1));
  const shown = sorted.map(([name, attr]) => [name, attr.kind === 'tensor' ? attr.value.hash : attr]);
  return JSON.stringify([op, inputs, shown]);
}
