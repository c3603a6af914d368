// AdamW as graph nodes around TensorFlow's in-place kernel; see optimizer.ts for the formulas.
//
// ResourceApplyAdam computes its step size from powers of the betas in float32, where 1 - β2^t loses digits. It is
// given powers of 0 and the finished α instead, which JavaScript computed in float64.

import type * as tf from '@tensorflow/tfjs-core';
import { FLOAT, type GraphWriter } from '../update.ts';

/** One parameter with its moments. */
export interface AdamWSlot {
  readonly param: tf.Variable;
  readonly decay: boolean;
  readonly m: tf.Variable;
  readonly v: tf.Variable;
}

export interface RecordedAdamW {
  readonly beta1: number;
  readonly beta2: number;
  readonly weightDecay: number;
  readonly maxGradNorm: number | null;
  readonly grads: Readonly<Record<string, tf.Tensor>>;
  /** [α, ε̂, lr, ..] */
  readonly rate: tf.Tensor;
  readonly gradNorm: tf.Tensor;
  /** Scalar, 1 to leave everything as it is; absent: never. */
  readonly isSkipped: tf.Tensor | undefined;
}

export function recordAdamW(graph: GraphWriter, slots: readonly AdamWSlot[], adam: RecordedAdamW): void {
  const { multiply, subtract } = arithmetic(graph);
  const rates = graph.add('Unpack', [graph.ref(adam.rate)], {
    num: { kind: 'int', value: adam.rate.size },
    axis: { kind: 'int', value: 0 },
    T: FLOAT,
  });
  const one = graph.constant(1);
  const zero = graph.constant(0);
  // A skipped step has rate 0 and betas of 1, which leave parameters and moments as they are.
  const moves = adam.isSkipped === undefined ? null : subtract(one, graph.ref(adam.isSkipped));
  const gatedBeta = (beta: number) =>
    moves === null
      ? graph.constant(beta)
      : subtract(one, multiply(moves, subtract(one, graph.constant(beta))));
  const gatedRate = (rate: string) => (moves === null ? rate : multiply(rate, moves));
  const [alpha, lr] = [gatedRate(rates), gatedRate(`${rates}:2`)];
  const [beta1, beta2] = [gatedBeta(adam.beta1), gatedBeta(adam.beta2)];
  const clip = clipFactor(graph, adam);
  const lost = multiply(lr, graph.constant(adam.weightDecay));
  for (const { param, m, v, decay } of slots) {
    const tensor = adam.grads[param.name];
    if (tensor === undefined) continue;
    const clipped = clip === null ? graph.ref(tensor) : multiply(graph.ref(tensor), clip);
    const grad = moves === null ? clipped : zeroUnless(graph, moves, clipped);
    if (decay) {
      const inputs = [graph.handle(param), multiply(graph.read(param), lost)];
      graph.write([param], 'AssignSubVariableOp', inputs, { dtype: FLOAT });
    }
    const handles = [param, m, v].map((variable) => graph.handle(variable));
    const settings = [zero, zero, alpha, beta1, beta2, `${rates}:1`, grad];
    graph.write([param, m, v], 'ResourceApplyAdam', [...handles, ...settings], { T: FLOAT });
  }
}

/** min(1, maxGradNorm / (‖g‖ + 1e-6)), or null without clipping. */
function clipFactor(graph: GraphWriter, { maxGradNorm, gradNorm }: RecordedAdamW): string | null {
  if (maxGradNorm === null) return null;
  const safe = graph.add('AddV2', [graph.ref(gradNorm), graph.constant(1e-6)], { T: FLOAT });
  const ratio = graph.add('RealDiv', [graph.constant(maxGradNorm), safe], { T: FLOAT });
  return graph.add('Minimum', [graph.constant(1), ratio], { T: FLOAT });
}

/** A gradient that is not a number must not reach the moments, not even times 0. */
function zeroUnless(graph: GraphWriter, moves: string, grad: string): string {
  const condition = graph.add('Greater', [moves, graph.constant(0)], { T: FLOAT });
  return graph.add('SelectV2', [condition, grad, graph.constant(0)], { T: FLOAT });
}

function arithmetic(graph: GraphWriter) {
  const binary = (op: string) => (a: string, b: string) => graph.add(op, [a, b], { T: FLOAT });
  return { multiply: binary('Mul'), subtract: binary('Sub') };
}
