// What is kept of the members of an ensemble that are trained, while the next ones train.

import type * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { HostTensor } from '../../weights/safetensors.ts';
import { tensorOf } from '../progress/parts.ts';
import type { Part } from '../progress/progress.ts';

const Measured = z.object({
  steps: z.number().int(),
  finalLoss: z.number(),
  /** Raw scores [head][row] of the held-out texts, and of the base's own outputs. */
  heldOut: z.array(z.array(z.number())),
  base: z.array(z.array(z.number())),
});

export interface FinishedMember extends z.infer<typeof Measured> {
  /** In the order of the model's parameters. */
  readonly weights: readonly HostTensor[];
}

/** @param params of a member; all have the same shapes */
export function finishedPart(finished: FinishedMember[], params: readonly tf.Variable[]): Part {
  return {
    read: () => ({
      value: finished.map(({ weights: _, ...measured }) => measured),
      tensors: new Map(
        finished.flatMap(({ weights }, k) => weights.map((tensor, i) => [`${k}/${i}`, tensor] as const)),
      ),
    }),
    accept: (state) => {
      const restored = z.array(Measured).parse(state.value);
      const members = restored.map((measured, k) => ({
        ...measured,
        weights: params.map(({ shape }, i) => tensorOf(state, `${k}/${i}`, shape)),
      }));
      return () => void finished.splice(0, finished.length, ...members);
    },
  };
}
