// What the sampling thread and its helpers say to each other between batches; within one they share memory.

import type { CausalLmConfig } from '../../models/config.ts';
import type { SharedBatchBuffers } from './shared-batch.ts';

interface WeightPlace {
  readonly name: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** A batch for a thread: its share of the rows. */
export interface OpenBatch {
  readonly config: CausalLmConfig;
  /** float32, all weights one after another. */
  readonly weights: SharedArrayBuffer;
  /** Where each weight lies, in numbers. */
  readonly places: readonly WeightPlace[];
  readonly prompts: readonly (readonly number[])[];
  /** Tokens that a row can hold. */
  readonly capacity: number;
  readonly buffers: SharedBatchBuffers;
}

/** `ready` for the first batch; the prompts of one are in, their logits in the shared memory; or why not. */
export type FromThread =
  { readonly kind: 'ready' | 'opened' } | { readonly kind: 'failed'; readonly reason: string };
