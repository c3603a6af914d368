// A step is recorded twice, with different inputs, and has to give the same graph: otherwise something that was
// computed in JavaScript from an input, a counter or a random number would be frozen.

import { describeNode } from './graph-def.ts';
import type { FinishedRecording } from './recording.ts';
import type { HostArray } from '../host-array.ts';

/**
 * Throws with the line of the first difference. Node names are equal in both.
 *
 * @param sourceOf the line that made a node
 */
export function assertSameGraph(
  step: string,
  [first, second]: readonly [FinishedRecording, FinishedRecording],
  sourceOf: (node: string) => string,
): void {
  const length = Math.max(first.nodes.length, second.nodes.length);
  for (let i = 0; i < length; i++) {
    const [a, b] = [first.nodes[i], second.nodes[i]];
    if (a !== undefined && b !== undefined && describeNode(a) === describeNode(b)) continue;
    const { op, name } = a ?? b ?? { op: 'nothing', name: '' };
    throw new Error(
      `The step "${step}" is not the same twice: its ${op} at ${sourceOf(name)} changed with other inputs. Pass what changes ` +
        'as an input tensor, and draw random numbers outside or from a seed that is an input.',
    );
  }
}

/**
 * Other inputs of the same shapes, with values as valid as the given ones: whole numbers change places, so that ids
 * stay within their table; where all are equal they become 0, or 1 if they were 0. Other numbers are halved and moved.
 */
export function otherInputs(inputs: Readonly<Record<string, HostArray>>): Record<string, HostArray> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { values, shape }]) => [name, { values: otherValues(values), shape }]),
  );
}

function otherValues(values: Float32Array | Int32Array): Float32Array | Int32Array {
  if (values instanceof Float32Array) return values.map((value) => value / 2 + 0.25);
  const first = values[0] ?? 0;
  if (values.every((value) => value === first)) return values.map(() => (first === 0 ? 1 : 0));
  return Int32Array.from(values, (_, i) => values[(i + 1) % values.length] ?? 0);
}

/** Inputs that every step can be recorded with, even where the given ones made it fail. */
export function zerosLike(inputs: Readonly<Record<string, HostArray>>): Record<string, HostArray> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { values, shape }]) => [name, { values: values.map(() => 0), shape }]),
  );
}
