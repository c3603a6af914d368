// A thread's life: one batch after another, decoding its share of the rows.

import { parentPort } from 'node:worker_threads';
import { Decoder } from '../decoder.ts';
import type { WeightValues } from '../decoder-weights.ts';
import type { FromThread, OpenBatch } from './messages.ts';
import { SharedBatch } from './shared-batch.ts';

/** Takes batches from the thread that made this one, until that ends. */
export function runDecodeThread(): void {
  const port = parentPort;
  if (port === null) throw new Error('This runs in a thread that the sampling code makes.');
  const say = (message: FromThread): void => {
    port.postMessage(message);
  };
  // What comes through the port was made by ThreadedDecoding, in this program.
  port.on('message', (batch: OpenBatch) => {
    void decode(batch, say);
  });
  say({ kind: 'ready' });
}

async function decode(batch: OpenBatch, say: (message: FromThread) => void): Promise<void> {
  const { prompts, config, capacity, buffers } = batch;
  const shared = new SharedBatch({ rows: prompts.length, vocabSize: config.vocabSize }, buffers);
  try {
    const decoder = new Decoder(weightsIn(batch), prompts.length, capacity);
    const first = await decoder.prefill(prompts, () => Promise.resolve());
    first.forEach((logits, row) => {
      shared.logits.set(logits, row * config.vocabSize);
    });
    say({ kind: 'opened' });
    // From here on it only waits for its turns: a message would take longer than a step.
    for (let turn = shared.awaitTurn(); turn !== null; turn = shared.awaitTurn()) {
      shared.logits.set(decoder.step(turn.rows, turn.ids));
      shared.end('done');
    }
    decoder.release();
  } catch (error) {
    say({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
    shared.end('failed');
  }
}

function weightsIn({ config, weights, places }: OpenBatch): WeightValues {
  const all = new Float32Array(weights);
  const byName = new Map(places.map(({ name, begin, end }) => [name, all.subarray(begin, end)]));
  return {
    config,
    shapes: new Map(places.map(({ name, shape }) => [name, shape])),
    size: all.length,
    read: (name) => {
      const values = byName.get(name);
      if (values === undefined) throw new Error(`The model has no tensor ${name}.`);
      return values;
    },
  };
}
