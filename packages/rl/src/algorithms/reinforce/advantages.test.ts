import { describe, expect, it } from 'vitest';
import { RunningMean } from '../../returns/group-advantages.ts';
import { formulas } from '../../testing/golden.ts';
import '../../testing/to-be-all-close.ts';
import type { ScoredEpisode } from '../ppo/advantages.ts';
import { toGradientExperience, type AdvantageChoices } from './advantages.ts';

const usual: AdvantageChoices = {
  estimator: 'rloo',
  baseline: 'mean',
  baselineConstant: 0,
  scaleAdvantages: 'none',
  klPlace: 'reward',
  klEstimator: 'k1',
  klCoefficient: 0,
  outputsPerPrompt: 3,
  scoreClip: 0,
};

const outputs = (scores: readonly number[]): ScoredEpisode[] =>
  scores.map((score) => ({
    promptIds: [0],
    responseIds: [1, 2],
    oldLogProbs: [-1, -2],
    refLogProbs: [-1.5, -2.25],
    oldValues: [0.1, 0.2],
    score,
  }));

function advantages(
  scores: readonly number[],
  choices: Partial<AdvantageChoices>,
  mean = new RunningMean(0.5),
) {
  const { experience } = toGradientExperience(outputs(scores), { ...usual, ...choices }, mean);
  return experience.map((one) => one.advantages);
}
const ofOutputs = (rows: readonly (readonly number[])[]) => rows.map(([first]) => first ?? NaN);

describe('the advantages of policy gradients', () => {
  it('have the worked values of leaving one out and of groups', () => {
    const { r, adv } = formulas.rloo;
    expect(ofOutputs(advantages(r, {}))).toBeAllClose(adv, { atol: 1e-9 });
    const grpo = advantages(r, { estimator: 'grpo', scaleAdvantages: 'group' });
    expect(ofOutputs(grpo)).toBeAllClose(formulas['grpo_eps1e-4'], { atol: 1e-9 });
  });

  it('are the same for all tokens of an output, and within a prompt alone', () => {
    const rows = advantages([1, 2, 4, 10, 20, 40], {});
    for (const [first, second] of rows) expect(second).toBe(first);
    expect(ofOutputs(rows.slice(0, 3))).toBeAllClose([-2, -0.5, 2.5]);
    expect(ofOutputs(rows.slice(3))).toBeAllClose([-20, -5, 25]);
  });

  it('do not change when all scores of a prompt are shifted, whatever they are compared with in it', () => {
    for (const estimator of ['rloo', 'grpo'] as const)
      expect(advantages([1, 2, 4, 15, 25, 45], { estimator })).toBeAllClose(
        advantages([1, 2, 4, 10, 20, 40], { estimator }),
        { atol: 1e-9 },
      );
  });

  it('hold the KL of the whole output where it counts in the reward, and not where it counts in the loss', () => {
    // Σ k1 = 0.5 + 0.25.
    const paid = advantages([1, 1, 1], { estimator: 'reinforce', baseline: 'constant', klCoefficient: 2 });
    expect(ofOutputs(paid)).toBeAllClose([-0.5, -0.5, -0.5]);
    const free = advantages([1, 1, 1], {
      estimator: 'reinforce',
      baseline: 'constant',
      klCoefficient: 2,
      klPlace: 'loss',
    });
    expect(ofOutputs(free)).toBeAllClose([1, 1, 1]);
  });

  it('compare with the mean of earlier batches, of the first batch with its own', () => {
    const mean = new RunningMean(0.5);
    const choices = { estimator: 'reinforce' } as const;
    expect(ofOutputs(advantages([1, 2, 3], choices, mean))).toBeAllClose([-1, 0, 1]);
    expect(ofOutputs(advantages([4, 4, 4], choices, mean))).toBeAllClose([2, 2, 2]);
    expect(mean.value).toBeAllClose(3);
  });

  it('of a learned baseline are the rewards still to come less the value of the state', () => {
    const choices = { estimator: 'reinforce', baseline: 'learned', klCoefficient: 1 } as const;
    const { experience } = toGradientExperience(outputs([3]), { ...usual, ...choices }, new RunningMean(0.5));
    // R = -0.5, then 3 - 0.25.
    expect(experience[0]?.returns).toBeAllClose([2.25, 2.75]);
    expect(experience[0]?.advantages).toBeAllClose([2.15, 2.55]);
  });

  it('scaled by the batch have mean 0 and deviation 1', () => {
    const choices = { estimator: 'reinforce', baseline: 'constant', scaleAdvantages: 'batch' } as const;
    const scaled = ofOutputs(advantages([1, 5, 9], choices));
    expect(scaled).toBeAllClose([-1, 0, 1], { atol: 1e-4 });
  });

  it('cut scores at their limit', () => {
    expect(ofOutputs(advantages([9, 0, -9], { scoreClip: 1 }))).toBeAllClose([1.5, 0, -1.5]);
  });

  it('say how many prompts teach nothing because all their outputs are worth the same', () => {
    const { metrics } = toGradientExperience(outputs([1, 1, 1, 1, 2, 3]), usual, new RunningMean(0));
    expect(metrics).toMatchObject({ frac_reward_zero_std: 0.5, reward_std: 0.5 });
  });
});
