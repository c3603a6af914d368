import { RewardConfig, SamplingConfig } from '@rankloop/contracts';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, readFile, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { splitByPrompt } from '../data/split.ts';
import { trainRewardModel } from '../algorithms/train-reward-model.ts';
import { freshFolder, tinyExamples } from './tiny-world.ts';

/**
 * A reward model that has learned the taste of the tiny world, in a folder of its own. Many files need the same one:
 * the first of a run trains it, the others get a copy.
 */
export async function writeTinyReward(base: string): Promise<string> {
  const outDir = join(await freshFolder(), 'reward');
  const shared = await sharedFolder(base);
  if (shared !== null && existsSync(shared)) {
    await cp(shared, outDir, { recursive: true });
    return outDir;
  }
  await train(base, outDir);
  if (shared !== null) await share(outDir, shared);
  return outDir;
}

async function train(base: string, outDir: string): Promise<void> {
  const { train: examples, heldOut } = splitByPrompt(tinyExamples(120), { heldOutFraction: 0.1, seed: 1 });
  await trainRewardModel({
    base,
    outDir,
    examples,
    heldOut,
    config: RewardConfig.parse({ learningRate: 5e-3, epochs: 2, normalisationSamples: 64 }),
    sampling: SamplingConfig.parse({ maxNewTokens: 12, temperature: 1 }),
    seed: 1,
  });
}

/** Where this run of the tests keeps the one of this base; null where nobody says which run this is. */
async function sharedFolder(base: string): Promise<string | null> {
  const run = process.env['RANKLOOP_TEST_RUN'];
  if (run === undefined) return null;
  const weights = createHash('sha256').update(await readFile(join(base, 'model.safetensors')));
  return join(tmpdir(), `rankloop-tiny-reward-${run}-${weights.digest('hex').slice(0, 8)}`);
}

/** Appears whole or not at all; of two files that trained it at once, one comes first. */
async function share(made: string, shared: string): Promise<void> {
  const copy = join(await freshFolder(), 'copy');
  await cp(made, copy, { recursive: true });
  await rename(copy, shared).catch((error: unknown) => {
    if (!existsSync(shared)) throw error;
  });
}
