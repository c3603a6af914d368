// What the reference thinks of the outputs of every pair. It does not change, so it is computed once before training.

import { CausalLm } from '../../models/causal-lm.ts';
import { tensorOf } from '../progress/parts.ts';
import type { Part, SavedState } from '../progress/progress.ts';
import type { AnchoredPair } from './dpo-step.ts';
import { scoreSequences, sequencesOf } from './output-log-probs.ts';
import type { PreferencePair } from './pairs.ts';

interface ReferenceOptions {
  readonly referenceDir: string;
  readonly pairs: readonly PreferencePair[];
  /** See `sequencesOf`. */
  readonly tailWeight: number;
  readonly pause: () => Promise<void>;
}

export async function anchorPairs(
  options: ReferenceOptions & {
    /** Of an earlier process, which may have computed them. */
    readonly saved: SavedState | null;
  },
): Promise<AnchoredPair[]> {
  const { pairs, saved } = options;
  const known = saved?.parts.get('reference')?.tensors.get('logProbs')?.values;
  const logProbs = known?.length === 2 * pairs.length ? known : await scoreByReference(options);
  return pairs.map((pair, p) => ({
    ...pair,
    refChosen: logProbs[p] ?? NaN,
    refRejected: logProbs[p + pairs.length] ?? NaN,
  }));
}

async function scoreByReference({
  referenceDir,
  pairs,
  tailWeight,
  pause,
}: ReferenceOptions): Promise<number[]> {
  const reference = await CausalLm.fromFolder(referenceDir);
  try {
    return await scoreSequences(reference, sequencesOf(pairs, tailWeight), pause);
  } finally {
    reference.dispose();
  }
}

/** Saved with a training, so that one that goes on does not compute them again. */
export function anchorsPart(pairs: readonly AnchoredPair[]): Part {
  const shape = [2 * pairs.length];
  return {
    read: () => {
      const logProbs = [...pairs.map((pair) => pair.refChosen), ...pairs.map((pair) => pair.refRejected)];
      return {
        value: null,
        tensors: new Map([['logProbs', { shape, values: Float32Array.from(logProbs) }]]),
      };
    },
    accept: (state) => {
      tensorOf(state, 'logProbs', shape);
      // `anchorPairs` has put them in place.
      return () => undefined;
    },
  };
}
