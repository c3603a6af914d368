// The checks of TRL's values for GRPO and RLOO, in float64; trl.test.ts runs them.

import { expect } from 'vitest';
import { toGradientExperience, type AdvantageChoices } from '../algorithms/reinforce/advantages.ts';
import { ratioStatistics } from '../algorithms/reinforce/ratio-statistics.ts';
import {
  tokenWeights,
  type Aggregation,
  type PolicyGradientObjective,
} from '../losses/policy-gradient-loss.ts';
import { referencePolicyGradientLoss } from '../reference/policy-gradient-loss.ts';
import { RunningMean } from '../returns/group-advantages.ts';
import type { trl } from './golden.ts';
import type { SectionChecks } from './read-tracker.ts';
import './to-be-all-close.ts';

type Sections = Pick<typeof trl, 'grpo_advantages' | 'grpo_loss' | 'rloo'>;
type Rows = readonly (readonly number[])[];

const exact = { atol: 1e-9, rtol: 1e-9 };
/** Shares and metrics that TRL computes in float32. */
const single = { atol: 1e-6, rtol: 1e-6 };

/** Cases of recipes and options that are not ours, by their place in the file. */
const OTHERS = /^\/(grpo_advantages\/cases\/[35]|grpo_loss\/cases\/(8|10|11|12|13)|grpo_loss\/defaults)\//;
export function isOtherPolicyGradient(path: string): boolean {
  return OTHERS.test(path) || isPadding(path);
}

/** Numbers at padding, which we do not compute. */
function isPadding(path: string): boolean {
  return /_logps\/\d+\/\d+$/.test(path) && /^\/(grpo_loss|rloo)\//.test(path);
}

/** The tokens that count, one row per output. */
export function unpadded(rows: Rows, mask: Rows): number[][] {
  return rows.map((row, b) => row.filter((_, t) => mask[b]?.[t] === 1));
}

/** Advantages of outputs that are all the same but for their reward. */
function advantagesOf(
  rewards: readonly number[],
  choices: Partial<AdvantageChoices>,
  logProbs: { old: Rows; ref: Rows } = { old: rewards.map(() => [0]), ref: rewards.map(() => [0]) },
) {
  const episodes = rewards.map((score, i) => ({
    promptIds: [0],
    responseIds: (logProbs.old[i] ?? []).map(() => 0),
    oldLogProbs: logProbs.old[i] ?? [],
    refLogProbs: logProbs.ref[i] ?? [],
    oldValues: [],
    score,
  }));
  const all: AdvantageChoices = {
    estimator: 'grpo',
    baseline: 'mean',
    baselineConstant: 0,
    scaleAdvantages: 'none',
    klPlace: 'reward',
    klEstimator: 'k1',
    klCoefficient: 0,
    outputsPerPrompt: rewards.length,
    scoreClip: 0,
    ...choices,
  };
  const { experience, rewards: used } = toGradientExperience(episodes, all, new RunningMean(0));
  return { rewards: used, advantages: experience.map(({ advantages }) => advantages[0] ?? NaN) };
}

/** TRL's name of what the loss is a mean over; `dapo` differs from `bnpo` by the other processes' tokens alone. */
export const AGGREGATIONS: Readonly<Record<string, Aggregation>> = {
  grpo: 'outputs',
  bnpo: 'tokens',
  dapo: 'tokens',
  dr_grpo: 'constant',
};

interface LossCase {
  readonly objective: PolicyGradientObjective;
  readonly klCoefficient: number;
  readonly weights: number[][];
  readonly old: number[][];
  readonly expected: Sections['grpo_loss']['cases'][number];
}

/** The cases that are ours, as inputs of the loss. */
export function grpoCases(golden: Sections['grpo_loss']): LossCase[] {
  const lengths = golden.completion_mask.map((row) => row.filter((m) => m === 1).length);
  return golden.cases.flatMap((one): LossCase[] => {
    const aggregation = AGGREGATIONS[one.loss_type];
    if (aggregation === undefined || one.delta !== null || one.use_bias_correction_kl) return [];
    const isToken = one.importance_sampling_level === 'token';
    return [
      {
        objective: {
          surrogate: 'clipped',
          ratio: isToken ? 'token' : 'sequence-mean',
          clipRange: one.epsilon_low,
          clipRangeHigh: one.epsilon_high,
          klInLoss: one.beta === 0 ? null : 'k3',
        },
        klCoefficient: one.beta,
        weights: tokenWeights(lengths, { aggregation, maxTokens: golden.max_completion_length }),
        old: unpadded(
          one.old_logps_given ? golden.old_per_token_logps : golden.per_token_logps,
          golden.completion_mask,
        ),
        expected: one,
      },
    ];
  });
}

function clipShares(
  input: { now: Rows; old: Rows; ref: Rows; advantages: Rows },
  objective: PolicyGradientObjective,
) {
  const drawn = input.old.map((oldLogProbs, b) => ({
    oldLogProbs,
    refLogProbs: input.ref[b] ?? [],
    advantages: input.advantages[b] ?? [],
  }));
  const all = ratioStatistics(drawn, input.now, objective);
  const each = drawn.map((one, b) => ratioStatistics([one], [input.now[b] ?? []], objective));
  return {
    'clip_ratio/low_mean': all.clippedLow,
    'clip_ratio/high_mean': all.clippedHigh,
    'clip_ratio/region_mean': all.clippedLow + all.clippedHigh,
    'clip_ratio/low_min': Math.min(...each.map(({ clippedLow }) => clippedLow)),
    'clip_ratio/high_max': Math.max(...each.map(({ clippedHigh }) => clippedHigh)),
    ...(all.lossKl !== null && { kl: all.lossKl }),
  };
}

function expectMetrics(
  got: Readonly<Record<string, number>>,
  expected: Readonly<Record<string, number>>,
): void {
  expect(Object.keys(got).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, value] of Object.entries(expected)) expect(got[name]).toBeAllClose(value, single);
}

export const policyGradientChecks: SectionChecks<Sections> = {
  grpo_advantages: ({ cases }) => {
    const scales = ['group', 'batch', 'none'] as const;
    const ours = cases.filter(
      (one) =>
        one.multi_objective_aggregation === 'sum_then_normalize' &&
        one.rewards_per_func.every((row) => row.every((reward) => reward !== null)),
    );
    expect(ours.length).toBe(4);
    for (const one of ours) {
      const rewards = one.rewards_per_func.map((row) =>
        row.reduce((sum: number, reward, f) => sum + (reward ?? NaN) * (one.reward_weights[f] ?? NaN), 0),
      );
      const scaleAdvantages = scales.find((name) => name === one.scale_rewards) ?? 'none';
      const outputsPerPrompt = one.num_generations;
      const { advantages } = advantagesOf(rewards, { scaleAdvantages, outputsPerPrompt });
      // TRL takes the deviation in float32.
      expect(advantages).toBeAllClose(one.advantages, { atol: 1e-7, rtol: 1e-7 });
    }
  },
  grpo_loss: (golden) => {
    const mask = golden.completion_mask;
    const [now, ref] = [golden.per_token_logps, golden.ref_per_token_logps].map((rows) =>
      unpadded(rows, mask),
    );
    if (now === undefined || ref === undefined) throw new Error('two lists of rows');
    expect(now.flat().length).toBe(golden.num_items_in_batch);
    const advantages = now.map((row, b) => row.map(() => golden.advantages[b] ?? NaN));
    const cases = grpoCases(golden);
    expect(cases.length).toBe(9);
    for (const { objective, klCoefficient, weights, old, expected } of cases) {
      const input = { logProbs: now, oldLogProbs: old, refLogProbs: ref, advantages, weights, klCoefficient };
      const { loss, grad } = referencePolicyGradientLoss(input, objective);
      expect(loss).toBeAllClose(expected.loss, exact);
      expect(grad).toBeAllClose(unpadded(expected.grad_new_logps, mask).flat(), exact);
      expect(expected.grad_new_logps.flat().length).toBe(mask.flat().length);
      expectMetrics(clipShares({ now, old, ref, advantages }, objective), expected.metrics);
    }
  },
  rloo: (golden) => {
    const mask = golden.completion_mask;
    const [now, old, ref] = [
      golden.per_token_logps,
      golden.old_per_token_logps,
      golden.ref_per_token_logps,
    ].map((rows) => unpadded(rows, mask));
    if (now === undefined || old === undefined || ref === undefined) throw new Error('three lists of rows');
    for (const one of golden.advantage_cases) {
      const limits = one.reward_clip_range ?? [0, 0];
      expect(Math.abs(limits[0] ?? NaN)).toBe(limits[1]);
      const { rewards, advantages } = advantagesOf(
        one.rewards,
        {
          estimator: 'rloo',
          klCoefficient: one.beta,
          outputsPerPrompt: one.num_generations,
          scaleAdvantages: one.normalize_advantages ? 'batch' : 'none',
          scoreClip: limits[1] ?? 0,
        },
        { old, ref },
      );
      expect(rewards).toBeAllClose(one.rewards_after_kl, exact);
      expect(advantages).toBeAllClose(one.advantages, one.normalize_advantages ? single : exact);
    }
    const advantages = now.map((row, b) => row.map(() => golden.advantages_for_loss[b] ?? NaN));
    const lengths = now.map(({ length }) => length);
    const weights = tokenWeights(lengths, { aggregation: 'outputs', maxTokens: 1 });
    for (const { epsilon, loss, ...expected } of golden.loss_cases) {
      const objective: PolicyGradientObjective = {
        surrogate: 'clipped',
        ratio: 'sequence',
        clipRange: epsilon,
        clipRangeHigh: epsilon,
        klInLoss: null,
      };
      const input = {
        logProbs: now,
        oldLogProbs: old,
        refLogProbs: ref,
        advantages,
        weights,
        klCoefficient: 0,
      };
      const got = referencePolicyGradientLoss(input, objective);
      expect(got.loss).toBeAllClose(loss, exact);
      expect(got.grad).toBeAllClose(unpadded(expected.grad_new_logps, mask).flat(), exact);
      expect(expected.grad_new_logps.flat().length).toBe(mask.flat().length);
      expectMetrics(clipShares({ now, old, ref, advantages }, objective), expected.metrics);
    }
  },
};
