// One batch in memory of its own, by this thread alone or with others.

import type { CausalLm } from '../../models/causal-lm.ts';
import { Decoder } from '../decoder.ts';
import { weightValuesOf } from '../decoder-weights.ts';
import type { Decoding, DecodingSize } from '../decoding.ts';
import { takeHelpers, giveBack } from './crew.ts';
import { ThreadedDecoding } from './threaded-decoding.ts';

/** Products of a number with a weight, from which handing rows to other threads pays. */
const WORTH_THREADS = 1e8;
/** Each thread has a copy of the weights. */
const MOST_WEIGHTS = 50e6;

export function openDecoding(model: CausalLm, size: DecodingSize): Decoding {
  const weights = weightValuesOf(model);
  const { rows, promptTokens, newTokens } = size;
  const work = weights.size * rows * newTokens;
  const helpers = work >= WORTH_THREADS && weights.size <= MOST_WEIGHTS && rows > 1 ? takeHelpers() : [];
  const used = helpers.slice(0, rows - 1);
  giveBack(helpers.slice(rows - 1));
  if (used.length === 0) return new Decoder(weights, rows, promptTokens + newTokens);
  return new ThreadedDecoding(weights, size, used);
}
