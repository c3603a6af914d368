import { PpoConfig, RewardConfig } from '@rankloop/contracts';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine/use-engine.ts';
import { parityEngines } from '../../testing/test-engines.ts';
import { freshFolder, tinyExamples, tinyPrompts, writeTinyBase } from '../../testing/tiny-world.ts';
import '../../testing/to-be-all-close.ts';
import { runPpo } from '../run-ppo.ts';
import { trainRewardModel } from '../train-reward-model.ts';

let base: string;
let rewardDir: string;

beforeAll(async () => {
  await useEngine({ prefer: 'wasm' });
  base = await writeTinyBase();
  rewardDir = join(await freshFolder(), 'reward');
  const config = RewardConfig.parse({ normalisationSamples: 8, learningRate: 5e-3 });
  await trainRewardModel({
    base,
    outDir: rewardDir,
    examples: tinyExamples(16),
    heldOut: [],
    config,
    seed: 1,
  });
});

const config = PpoConfig.parse({
  iterations: 1,
  innerEpochs: 1,
  episodesPerIteration: 15,
  maxNewTokens: 11,
  samplePrompts: 0,
  warmupIterations: 0,
});

/** In TensorFlow a forward alone and the forward of a training step are graphs that round each in its own way. */
const settings = parityEngines.flatMap((engine) =>
  (engine === 'wasm' ? [1, 0.7, 1.3] : [0.7]).map((temperature) => ({ engine, temperature })),
);

describe('the first update of PPO', () => {
  it.each(settings)(
    'begins at ratio 1 and KL 0 to 1e-5 on $engine, at temperature $temperature',
    async (one) => {
      const { engine, temperature } = one;
      expect((await useEngine({ prefer: engine })).name).toBe(engine);
      const curve: Record<string, number>[] = [];
      await runPpo({
        policyDir: base,
        rewardDir,
        outDir: join(await freshFolder(), 'policy'),
        prompts: tinyPrompts(15),
        // One minibatch: its statistics are those of the untouched policy.
        config: { ...config, temperature, minibatchEpisodes: 15 },
        seed: 1,
        onMetrics: (_step, _total, values) => curve.push(values),
      });
      const [first] = curve;
      expect(first?.['val/ratio']).toBeAllClose(1, { atol: 1e-5, rtol: 0 });
      // ½ mean (log ρ)² of 5e-11 is a root mean square of 1e-5.
      expect(first?.['policy/approxkl_avg']).toBeLessThanOrEqual(5e-11);
      expect(first?.['policy/clipfrac_avg']).toBe(0);
      expect(Math.abs(first?.['objective/kl'] ?? NaN)).toBeLessThanOrEqual(1e-5);
    },
  );
});
