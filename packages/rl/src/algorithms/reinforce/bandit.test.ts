import { beforeAll, describe, expect, it } from 'vitest';
import { AdamW } from '../../engine/optimizer.ts';
import { Random } from '../../engine/random.ts';
import { useEngine } from '../../engine/use-engine.ts';
import { totalVariation } from '../../reference/optimal-policy.ts';
import { RunningMean } from '../../returns/group-advantages.ts';
import { drawFrom, TableActor } from '../../testing/bandit-policy.ts';
import { bandit } from '../../testing/golden.ts';
import { testEngine } from '../../testing/test-engines.ts';
import { runPasses } from '../ppo/passes.ts';
import { toGradientExperience, type AdvantageChoices } from './advantages.ts';
import { PolicyGradientUpdater } from './updater.ts';

beforeAll(() => useEngine({ prefer: testEngine }));

const ITERATIONS = 300;
const PROMPTS = 128;
const PER_PROMPT = 4;
const reference = bandit.ref.map(Math.log);

interface Recipe {
  readonly advantages: Partial<AdvantageChoices>;
  readonly surrogate?: 'clipped' | 'unclipped';
  /** Of one token they are the same. */
  readonly ratio?: 'token' | 'sequence';
  readonly klInLoss?: 'k2' | 'k3';
}

async function solve(beta: number, recipe: Recipe): Promise<number[]> {
  const actor = new TableActor(reference);
  const actorOptimizer = new AdamW(actor.params);
  const updater = new PolicyGradientUpdater({
    actor,
    actorOptimizer,
    objective: {
      surrogate: recipe.surrogate ?? 'clipped',
      ratio: recipe.ratio ?? 'token',
      clipRange: 0.2,
      clipRangeHigh: 0.2,
      klInLoss: recipe.klInLoss ?? null,
    },
    aggregation: 'outputs',
    maxTokens: 1,
    maxRatio: 10,
  });
  const random = new Random(1);
  const runningMean = new RunningMean(0.9);
  for (let iteration = 1; iteration <= ITERATIONS; iteration++) {
    const logProbs = actor.now();
    const episodes = Array.from({ length: PROMPTS * PER_PROMPT }, () => {
      const action = drawFrom(logProbs, random);
      return {
        promptIds: [0],
        responseIds: [action],
        oldLogProbs: [logProbs[action] ?? NaN],
        refLogProbs: [reference[action] ?? NaN],
        oldValues: [],
        score: bandit.r[action] ?? NaN,
      };
    });
    const choices: AdvantageChoices = {
      estimator: 'rloo',
      baseline: 'mean',
      baselineConstant: 0,
      scaleAdvantages: 'none',
      klPlace: recipe.klInLoss ? 'loss' : 'reward',
      klEstimator: 'k1',
      klCoefficient: beta,
      outputsPerPrompt: PER_PROMPT,
      scoreClip: 0,
      ...recipe.advantages,
    };
    await runPasses({
      experience: toGradientExperience(episodes, choices, runningMean).experience,
      settings: { innerEpochs: 1, minibatchEpisodes: PROMPTS * PER_PROMPT, stopUpdateKl: 10 },
      random,
      pause: () => Promise.resolve(),
      update: (minibatch) =>
        updater.update(minibatch, {
          // A falling rate lets the noise of the samples average out.
          learningRate: 0.05 * (1 - (iteration - 1) / ITERATIONS),
          criticLearningRate: 0,
          klCoefficient: beta,
          iteration,
        }),
    });
  }
  return actor.now().map(Math.exp);
}

describe('policy gradients on the bandit whose optimum is known', { timeout: 300_000 }, () => {
  const rloo: Recipe = { advantages: { estimator: 'rloo' } };
  const reinforce: Recipe = { advantages: { estimator: 'reinforce' } };
  const constant: Recipe = {
    advantages: { estimator: 'reinforce', baseline: 'constant', baselineConstant: 1 },
    surrogate: 'unclipped',
  };
  const cases = [
    ['rloo', 0.5, rloo, bandit.beta['0.5'].pi],
    ['rloo', 1, { ...rloo, ratio: 'sequence' }, bandit.beta['1'].pi],
    ['rloo', 2, rloo, bandit.beta['2'].pi],
    ['reinforce with the running mean', 0.5, reinforce, bandit.beta['0.5'].pi],
    ['reinforce with the running mean', 1, reinforce, bandit.beta['1'].pi],
    ['reinforce with the running mean', 2, reinforce, bandit.beta['2'].pi],
    ['reinforce with a constant baseline and no clipping', 1, constant, bandit.beta['1'].pi],
    ['rloo with k2 in the loss', 1, { ...rloo, klInLoss: 'k2' }, bandit.beta['1'].pi],
  ] as const;

  it.each(cases)(
    '%s reaches π* = ref · exp(r / β) / Z within 0.02 total variation at β = %s',
    async (_, beta, recipe, pi) => {
      expect(totalVariation(await solve(beta, recipe), pi)).toBeLessThanOrEqual(0.02);
    },
  );

  it('k3 in the loss has another optimum: its gradient is that of the other KL', async () => {
    const found = await solve(1, { advantages: { estimator: 'rloo' }, klInLoss: 'k3' });
    expect(totalVariation(found, bandit.beta['1'].pi)).toBeGreaterThan(0.02);
    // At the optimum of E[r] - β KL(ref ‖ π), ref / π = (λ - r) / β for one λ: a line in r with slope -1 / β.
    const quotients = found.map((p, a) => (bandit.ref[a] ?? NaN) / p);
    const slope = ((quotients[3] ?? NaN) - (quotients[0] ?? NaN)) / 2;
    expect(slope).toBeGreaterThan(-1.15);
    expect(slope).toBeLessThan(-0.85);
  });
});
