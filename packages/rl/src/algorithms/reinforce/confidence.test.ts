import { PpoConfig, ReinforceConfig } from '@rankloop/contracts';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine/use-engine.ts';
import { testEngine } from '../../testing/test-engines.ts';
import { freshFolder, tinyPrompts, writeTinyBase } from '../../testing/tiny-world.ts';
import '../../testing/to-be-all-close.ts';
import { loadPolicyWorld } from '../ppo/policy-world.ts';
import { rollOut } from '../ppo/rollout.ts';
import { RewardModel } from '../reward-model.ts';
import { runReinforce } from '../run-reinforce.ts';
import type { WeightedReward } from '../types.ts';

const prompts = tinyPrompts(4);
let base: string;

beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  base = await writeTinyBase();
});

/** A reward with a random head, which is believed as far as is said. */
async function writeReward(confidence: number, seed = 1): Promise<WeightedReward> {
  const dir = join(await freshFolder(), 'reward');
  const model = await RewardModel.fromBase(base, seed);
  // A head's weights are small; this makes its scores as large as those of a trained one.
  model.normalisation = { mean: 0, std: 0.1 };
  model.confidence = confidence;
  await model.write(dir, base);
  model.dispose();
  return { dir, weight: 1 };
}

const config = PpoConfig.parse({ maxNewTokens: 8, missingEndPenalty: 0, weighByConfidence: true });

/** Of always the same draws. */
async function scoresBy(rewards: readonly WeightedReward[], changes: Partial<PpoConfig> = {}) {
  const options = {
    policyDir: base,
    rewards,
    outDir: '',
    prompts,
    config: { ...config, ...changes },
    seed: 1,
  };
  const world = await loadPolicyWorld(options);
  try {
    return (await rollOut(world, options, prompts, 7)).episodes.map(({ score }) => score);
  } finally {
    world.dispose();
  }
}

describe('the score that a policy learns from', () => {
  it('of one reward is its score times its confidence, bit for bit', async () => {
    const reward = await writeReward(0.3);
    const plain = await scoresBy([reward], { weighByConfidence: false });
    expect(new Set(plain).size).toBeGreaterThan(1);
    expect(await scoresBy([reward])).toEqual(plain.map((score) => 0.3 * score));
  });

  it('of a mixture holds nothing of a part that is not believed', async () => {
    const [believed, noise] = [await writeReward(1, 1), await writeReward(0, 2)];
    const alone = await scoresBy([believed]);
    expect(await scoresBy([believed, noise])).toBeAllClose(alone.map((score) => score / 2));
  });
});

describe('a policy gradient with scaled advantages', () => {
  async function gradientBy(rewards: readonly WeightedReward[], changes: Partial<ReinforceConfig> = {}) {
    const curve: Record<string, number>[] = [];
    await runReinforce({
      policyDir: base,
      rewards,
      outDir: join(await freshFolder(), 'policy'),
      prompts,
      config: ReinforceConfig.parse({
        estimator: 'grpo',
        iterations: 1,
        innerEpochs: 1,
        promptsPerIteration: 4,
        outputsPerPrompt: 4,
        minibatchEpisodes: 16,
        maxNewTokens: 6,
        samplePrompts: 0,
        missingEndPenalty: 1,
        ...changes,
      }),
      seed: 1,
      onMetrics: (_step, _total, values) => curve.push(values),
    });
    return curve[0]?.['grad_norm/policy'] ?? NaN;
  }

  it.each(['group', 'batch'] as const)(
    'is as much shorter as the reward is believed less, penalties included: %s',
    async (scaleAdvantages) => {
      const [sure, unsure] = [await writeReward(1), await writeReward(0.25)];
      const whole = await gradientBy([sure], { scaleAdvantages });
      expect(whole).toBeGreaterThan(0);
      expect(await gradientBy([unsure], { scaleAdvantages })).toBeAllClose(whole / 4, { rtol: 1e-3 });
      const unweighed = { scaleAdvantages, weighByConfidence: false };
      expect(await gradientBy([unsure], unweighed)).toBe(whole);
    },
  );

  it('of a mixture goes where the part that is believed says', async () => {
    const [believed, noise] = [await writeReward(1, 1), await writeReward(0, 2)];
    const changes = { missingEndPenalty: 0 };
    const alone = await gradientBy([believed], changes);
    expect(await gradientBy([believed, noise], changes)).toBeAllClose(alone / 2, { rtol: 1e-3 });
  });
});
