// Gradients of the TF.js kernels that our losses are made of.
//
// tfjs-core registers none by itself, and its file that does cannot be loaded by Node as it is published. The models'
// own heavy operations bring their gradients along (ops.ts); what is left is the arithmetic of losses. An operation
// outside this list stops with "gradient function not found".

import * as tf from '@tensorflow/tfjs-core';

type Gradient = (dy: tf.Tensor, saved: readonly tf.Tensor[], attrs: tf.NamedAttrMap) => tf.Tensor;

let isRegistered = false;

/** Registers the gradients; doing it again changes nothing. */
export function registerGradients(): void {
  if (isRegistered) return;
  isRegistered = true;
  registerUnary();
  registerBinary();
  registerReductions();
  registerLayoutChanges();
}

/** y = f(x). `from` says whether the gradient is written with the input or the output. */
function unary(kernelName: string, from: 'x' | 'y' | 'none', gradient: Gradient, inputName = 'x'): void {
  tf.registerGradient({
    kernelName,
    inputsToSave: from === 'x' ? [inputName] : [],
    outputsToSave: from === 'y' ? [true] : [],
    gradFunc: (dy, saved, attrs) => ({ [inputName]: () => gradient(single(dy), saved, attrs) }),
  });
}

function registerUnary(): void {
  // Never dy itself: where gradients meet, TF.js adds them up and disposes of the summands.
  unary('Identity', 'none', (dy) => tf.clone(dy));
  unary('Cast', 'none', (dy) => tf.clone(dy));
  unary('Neg', 'none', (dy) => tf.neg(dy));
  unary('Exp', 'y', (dy, [y]) => tf.mul(dy, given(y)));
  unary('Expm1', 'x', (dy, [x]) => tf.mul(dy, tf.exp(given(x))));
  unary('Log', 'x', (dy, [x]) => tf.div(dy, given(x)));
  unary('Log1p', 'x', (dy, [x]) => tf.div(dy, tf.add(given(x), 1)));
  unary('Sqrt', 'y', (dy, [y]) => tf.div(dy, tf.mul(given(y), 2)));
  unary('Rsqrt', 'y', (dy, [y]) => tf.mul(dy, tf.mul(tf.pow(given(y), 3), -0.5)));
  unary('Reciprocal', 'y', (dy, [y]) => tf.neg(tf.mul(dy, tf.square(given(y)))));
  unary('Square', 'x', (dy, [x]) => tf.mul(dy, tf.mul(given(x), 2)));
  unary('Abs', 'x', (dy, [x]) => tf.mul(dy, tf.sign(given(x))));
  unary('Sigmoid', 'y', (dy, [y]) => tf.mul(dy, tf.mul(given(y), tf.sub(1, given(y)))));
  unary('Softplus', 'x', (dy, [x]) => tf.mul(dy, tf.sigmoid(given(x))), 'x');
  unary('Tanh', 'y', (dy, [y]) => tf.mul(dy, tf.sub(1, tf.square(given(y)))));
  unary('Relu', 'x', (dy, [x]) => tf.mul(dy, tf.cast(tf.greater(given(x), 0), 'float32')));
  unary('ClipByValue', 'x', (dy, [x], attrs) => {
    const [low, high] = [numberAttr(attrs, 'clipValueMin'), numberAttr(attrs, 'clipValueMax')];
    const isInside = tf.logicalAnd(tf.greaterEqual(given(x), low), tf.lessEqual(given(x), high));
    return tf.mul(dy, tf.cast(isInside, 'float32'));
  });
  unary(
    'Softmax',
    'y',
    (dy, [y]) => {
      const weighted = tf.mul(dy, given(y));
      return tf.sub(weighted, tf.mul(given(y), tf.sum(weighted, -1, true)));
    },
    'logits',
  );
  unary('LogSoftmax', 'y', (dy, [y]) => tf.sub(dy, tf.mul(tf.exp(given(y)), tf.sum(dy, -1, true))), 'logits');
}

/** y = f(a, b) with broadcasting; each gradient is summed back to its input's shape. */
function binary(kernelName: string, gradientA: Gradient, gradientB: Gradient): void {
  tf.registerGradient({
    kernelName,
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved, attrs) => {
      const [a, b] = saved;
      return {
        a: () => sumToShape(gradientA(single(dy), saved, attrs), given(a).shape),
        b: () => sumToShape(gradientB(single(dy), saved, attrs), given(b).shape),
      };
    },
  });
}

function registerBinary(): void {
  const keep = (dy: tf.Tensor): tf.Tensor => dy;
  const times = (dy: tf.Tensor, condition: tf.Tensor): tf.Tensor => tf.mul(dy, tf.cast(condition, 'float32'));
  binary('Add', keep, keep);
  binary('Sub', keep, (dy) => tf.neg(dy));
  binary(
    'Multiply',
    (dy, [, b]) => tf.mul(dy, tf.cast(given(b), 'float32')),
    (dy, [a]) => tf.mul(dy, tf.cast(given(a), 'float32')),
  );
  binary(
    'RealDiv',
    (dy, [, b]) => tf.div(dy, tf.cast(given(b), 'float32')),
    (dy, [a, b]) =>
      tf.neg(tf.div(tf.mul(dy, tf.cast(given(a), 'float32')), tf.square(tf.cast(given(b), 'float32')))),
  );
  binary(
    'SquaredDifference',
    (dy, [a, b]) => tf.mul(dy, tf.mul(tf.sub(given(a), given(b)), 2)),
    (dy, [a, b]) => tf.mul(dy, tf.mul(tf.sub(given(b), given(a)), 2)),
  );
  // At a tie the first input takes the gradient.
  binary(
    'Maximum',
    (dy, [a, b]) => times(dy, tf.greaterEqual(given(a), given(b))),
    (dy, [a, b]) => times(dy, tf.less(given(a), given(b))),
  );
  binary(
    'Minimum',
    (dy, [a, b]) => times(dy, tf.lessEqual(given(a), given(b))),
    (dy, [a, b]) => times(dy, tf.greater(given(a), given(b))),
  );
  tf.registerGradient({
    kernelName: 'Select',
    inputsToSave: ['condition'],
    gradFunc: (dy, [condition]) => ({
      condition: () => tf.zerosLike(tf.cast(given(condition), 'float32')),
      t: () => times(single(dy), given(condition)),
      e: () => times(single(dy), tf.logicalNot(given(condition))),
    }),
  });
  tf.registerGradient({
    kernelName: 'BatchMatMul',
    inputsToSave: ['a', 'b'],
    gradFunc: (dyIn, saved, attrs) => {
      const [dy, a, b] = [single(dyIn), given(saved[0]), given(saved[1])];
      const [isTransposedA, isTransposedB] = [attrs['transposeA'] === true, attrs['transposeB'] === true];
      // Flags stand in for copies here; models use the faster matMul of ops.ts.
      return {
        a: () =>
          isTransposedA ? tf.matMul(b, dy, isTransposedB, true) : tf.matMul(dy, b, false, !isTransposedB),
        b: () =>
          isTransposedB ? tf.matMul(dy, a, true, isTransposedA) : tf.matMul(a, dy, !isTransposedA, false),
      };
    },
  });
}

function registerReductions(): void {
  unary('Sum', 'x', (dy, [x], attrs) => spread(dy, given(x), attrs));
  unary('Mean', 'x', (dy, [x], attrs) => {
    const axes = axesOf(attrs, given(x).shape);
    const count = axes.reduce((product, axis) => product * (given(x).shape[axis] ?? 1), 1);
    return spread(tf.div(dy, count), given(x), attrs);
  });
  // Equal maxima share nothing: each takes the whole gradient, as in TF.js itself.
  for (const kernelName of ['Max', 'Min']) {
    tf.registerGradient({
      kernelName,
      inputsToSave: ['x'],
      outputsToSave: [true],
      gradFunc: (dy, [x, y], attrs) => ({
        x: () => {
          const isExtreme = tf.equal(given(x), spread(given(y), given(x), attrs));
          return tf.mul(spread(single(dy), given(x), attrs), tf.cast(isExtreme, 'float32'));
        },
      }),
    });
  }
  unary('Cumsum', 'none', (dy, _saved, attrs) =>
    tf.cumsum(dy, numberAttr(attrs, 'axis'), attrs['exclusive'] === true, attrs['reverse'] !== true),
  );
}

function registerLayoutChanges(): void {
  unary('Reshape', 'x', (dy, [x]) => tf.reshape(dy, given(x).shape));
  unary('ExpandDims', 'x', (dy, [x]) => tf.reshape(dy, given(x).shape), 'input');
  unary('Transpose', 'none', (dy, _saved, attrs) => {
    const perm = numbersAttr(attrs, 'perm');
    const inverse = perm.map((_, axis) => perm.indexOf(axis));
    return tf.transpose(dy, inverse);
  });
  unary('Reverse', 'none', (dy, _saved, attrs) => tf.reverse(dy, numbersAttr(attrs, 'dims')));
  unary('Slice', 'x', (dy, [x], attrs) => {
    const begin = numbersAttr(attrs, 'begin');
    const shape = given(x).shape;
    const paddings = begin.map((start, axis): [number, number] => [
      start,
      (shape[axis] ?? 0) - start - (dy.shape[axis] ?? 0),
    ]);
    return tf.pad(dy, paddings);
  });
  unary('PadV2', 'x', (dy, [x], attrs) => {
    const paddings = attrs['paddings'];
    if (!Array.isArray(paddings)) throw new Error('PadV2 without paddings');
    return tf.slice(
      dy,
      paddings.map((pair: unknown) => (Array.isArray(pair) ? Number(pair[0]) : 0)),
      given(x).shape,
    );
  });
  unary('Tile', 'x', (dy, [x], attrs) => {
    const reps = numbersAttr(attrs, 'reps');
    const shape = given(x).shape;
    const split = shape.flatMap((size, axis) => [reps[axis] ?? 1, size]);
    const repeated = shape.map((_, axis) => 2 * axis);
    return tf.reshape(tf.sum(tf.reshape(dy, split), repeated), shape);
  });
  tf.registerGradient({
    kernelName: 'GatherV2',
    inputsToSave: ['x', 'indices'],
    gradFunc: (dyIn, saved, attrs) => {
      const [dy, x, indices] = [single(dyIn), given(saved[0]), given(saved[1])];
      const axis = axesOf(attrs, x.shape)[0] ?? 0;
      return {
        x: () => {
          if (axis !== 0) throw new Error('The gradient of gather is for axis 0 only.');
          const rows = tf.reshape(dy, [indices.size, ...x.shape.slice(1)]);
          return tf.unsortedSegmentSum(rows, tf.reshape<tf.Rank.R1>(indices, [-1]), x.shape[0]);
        },
        indices: () => tf.zerosLike(tf.cast(indices, 'float32')),
      };
    },
  });
  tf.registerGradient({
    kernelName: 'Concat',
    saveAllInputs: true,
    gradFunc: (dy, saved, attrs) => {
      const axis = axesOf(attrs, given(saved[0]).shape)[0] ?? 0;
      const sizes = saved.map((x) => x.shape[axis] ?? 0);
      const parts = tf.split(single(dy), sizes, axis);
      return Object.fromEntries(parts.map((part, i) => [String(i), () => part]));
    },
  });
  tf.registerGradient({
    kernelName: 'Pack',
    saveAllInputs: true,
    gradFunc: (dy, _saved, attrs) => {
      const parts = tf.unstack(single(dy), numberAttr(attrs, 'axis'));
      return Object.fromEntries(parts.map((part, i) => [String(i), () => part]));
    },
  });
  tf.registerGradient({
    kernelName: 'Unpack',
    gradFunc: (dy, _saved, attrs) => ({
      value: () => tf.stack(Array.isArray(dy) ? dy : [dy], numberAttr(attrs, 'axis')),
    }),
  });
  tf.registerGradient({
    kernelName: 'SplitV',
    gradFunc: (dy, _saved, attrs) => ({
      x: () => tf.concat(Array.isArray(dy) ? dy : [dy], numberAttr(attrs, 'axis')),
    }),
  });
  tf.registerGradient({
    kernelName: 'AddN',
    saveAllInputs: true,
    gradFunc: (dy, saved) => Object.fromEntries(saved.map((_, i) => [String(i), () => tf.clone(single(dy))])),
  });
}

/** Repeats a reduced tensor along the axes that were reduced. */
function spread(reduced: tf.Tensor, x: tf.Tensor, attrs: tf.NamedAttrMap): tf.Tensor {
  const axes = axesOf(attrs, x.shape);
  const withOnes = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return tf.mul(tf.reshape(reduced, withOnes), tf.ones(x.shape));
}

function sumToShape(gradient: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const missing = gradient.rank - shape.length;
  const axes = gradient.shape.flatMap((size, axis) =>
    axis < missing || (shape[axis - missing] === 1 && size !== 1) ? [axis] : [],
  );
  const summed = axes.length === 0 ? gradient : tf.sum(gradient, axes);
  return tf.reshape(summed, [...shape]);
}

function single(dy: tf.Tensor | readonly tf.Tensor[]): tf.Tensor {
  if (dy instanceof tf.Tensor) return dy;
  throw new Error('expected one output');
}

function given(value: tf.Tensor | undefined): tf.Tensor {
  if (value === undefined) throw new Error('a saved tensor is missing');
  return value;
}

function numberAttr(attrs: tf.NamedAttrMap, name: string): number {
  const value = attrs[name];
  if (typeof value !== 'number') throw new Error(`attribute ${name} is not a number`);
  return value;
}

function numbersAttr(attrs: tf.NamedAttrMap, name: string): number[] {
  const value = attrs[name];
  if (typeof value === 'number') return [value];
  if (!Array.isArray(value)) throw new Error(`attribute ${name} is not a list`);
  return value.map(Number);
}

/** The axes that an operation names, from 0; all of them where it names none. */
function axesOf(attrs: tf.NamedAttrMap, shape: readonly number[]): number[] {
  // max and min have a word of their own.
  const axis: unknown = attrs['axis'] ?? attrs['reductionIndices'];
  if (axis === undefined || axis === null) return shape.map((_, i) => i);
  return tf.util.parseAxisParam(Array.isArray(axis) ? axis.map(Number) : Number(axis), [...shape]);
}
