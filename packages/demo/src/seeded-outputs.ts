import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { baseModelDir } from './base-model.ts';

/** Written by scripts/sample-outputs.ts: a head line, then one line per prompt. */
export const seededOutputsFile: string = join(baseModelDir, '..', 'outputs.jsonl');

const Head = z.object({
  /** SHA-256 of the weights that wrote the outputs. */
  model: z.string(),
  sampling: z.object({
    maxNewTokens: z.number(),
    temperature: z.number(),
    topK: z.number(),
    topP: z.number(),
  }),
  seed: z.number().int(),
});

const Row = z.object({
  /** `id` of a demo prompt. */
  promptId: z.string(),
  outputs: z.array(
    z.object({
      text: z.string(),
      tokenIds: z.array(z.number().int()),
      /** Per token, nats, under the sampling distribution. */
      logProbs: z.array(z.number()),
      finished: z.enum(['eos', 'length']),
    }),
  ),
});

export type SeededOutputs = z.infer<typeof Head> & { rows: z.infer<typeof Row>[] };

/** The base model's outputs that wait for people when the demo starts. */
export function readSeededOutputs(): SeededOutputs {
  const [head, ...rows] = readFileSync(seededOutputsFile, 'utf8').trimEnd().split('\n');
  return { ...Head.parse(JSON.parse(head ?? '')), rows: rows.map((row) => Row.parse(JSON.parse(row))) };
}
