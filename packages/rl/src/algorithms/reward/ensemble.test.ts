import * as tf from '@tensorflow/tfjs-core';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine/use-engine.ts';
import { testEngine } from '../../testing/test-engines.ts';
import { rewardSampling, scoresOf, TASTED_TEXTS, trainRatedReward } from '../../testing/tiny-rated-reward.ts';
import { haveSameWeights, tinyExamples, tinyPrompts, writeTinyBase } from '../../testing/tiny-world.ts';
import '../../testing/to-be-all-close.ts';
import { RewardModel } from '../reward-model.ts';
import { sampleFromFolder } from '../sample-from-folder.ts';
import { aggregate, ensembleScores } from './aggregate.ts';
import { countDraws, resample } from './bootstrap.ts';
import { loadRewardSource } from './reward-source.ts';

let base: string;
beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  base = await writeTinyBase();
});

describe('an ensemble', { timeout: 200_000 }, () => {
  const kinds = ['members', 'heads'] as const;

  it.each(kinds)('of %s learns, differs among itself and comes back from its folder', async (ensemble) => {
    const { report, outDir, curve } = await trainRatedReward(base, { members: 3, ensemble });
    expect(report.members).toHaveLength(3);
    expect(report.heldOutAccuracy?.value).toBeGreaterThan(0.6);
    const means = report.members?.map(({ normalisation }) => normalisation.mean) ?? [];
    expect(new Set(means).size).toBe(3);
    expect((await readdir(outDir)).filter((name) => name.startsWith('ensemble')).sort()).toEqual([
      'ensemble-2.safetensors',
      'ensemble-3.safetensors',
    ]);
    // Steps are counted over all members, so that progress is one bar.
    expect(curve.at(-1)?.step).toBe(curve.at(-1)?.total);
    expect(curve.map(({ step }) => step)).toEqual(curve.map((_, i) => i + 1));
    expect(await scoresOf(outDir)).toEqual(await scoresOf(outDir));
    // A reader of single models finds the first member.
    const first = await RewardModel.fromFolder(outDir);
    expect((await first.score(TASTED_TEXTS)).every(Number.isFinite)).toBe(true);
    expect(first.normalisation).toEqual(report.members?.[0]?.normalisation);
    first.dispose();
  });

  it('gives new outputs of the base scores of mean 0, whatever the rule', async () => {
    const { outDir } = await trainRatedReward(base, {
      members: 2,
      ensemble: 'heads',
      aggregation: 'min',
      normalisationSamples: 256,
    });
    const prompts = tinyPrompts(64);
    const drawn = await sampleFromFolder({ modelDir: base, prompts, k: 4, config: rewardSampling, seed: 99 });
    const textOf = new Map(prompts.map(({ id, text }) => [id, text]));
    const source = await loadRewardSource(outDir);
    const scores = await source.score(
      drawn.map(({ promptId, text }) => ({ prompt: { text: textOf.get(promptId) ?? '' }, completion: text })),
    );
    source.dispose();
    expect(scores.reduce((sum, score) => sum + score, 0) / scores.length).toBeAllClose(0, { atol: 0.3 });
  });

  it('whose members all learn from everything differs by chance alone', async () => {
    const whole = await trainRatedReward(base, { members: 2, bootstrap: false, epochs: 1 });
    const [one, other] = whole.report.members ?? [];
    expect(one?.normalisation).not.toEqual(other?.normalisation);
    // Its first member is the single model that the same seed gives; with a draw of its own it is not.
    const single = await trainRatedReward(base, { epochs: 1 });
    expect(await haveSameWeights(whole.outDir, single.outDir)).toBe(true);
    const drawn = await trainRatedReward(base, { members: 2, epochs: 1 });
    expect(await haveSameWeights(drawn.outDir, single.outDir)).toBe(false);
  });

  it('that lacks a file is refused with its name', async () => {
    const { outDir } = await trainRatedReward(base, { members: 2, epochs: 1 }, tinyExamples(16));
    await rm(join(outDir, 'ensemble-2.safetensors'));
    await expect(loadRewardSource(outDir)).rejects.toThrow('ensemble-2.safetensors');
  });

  it('leaves no tensor behind', async () => {
    for (const ensemble of kinds) {
      const { outDir } = await trainRatedReward(base, { members: 2, ensemble, epochs: 1 }, tinyExamples(16));
      const before = tf.memory().numTensors;
      await trainRatedReward(base, { members: 2, ensemble, epochs: 1 }, tinyExamples(16));
      await scoresOf(outDir);
      expect(tf.memory().numTensors).toBe(before);
    }
  });
});

describe('the bootstrap', () => {
  const prompts = Array.from({ length: 40 }, (_, i) => ({ promptText: String(i), rows: [], judgements: [] }));

  it('draws as many prompts as there are, some more than once, the same for the same seed', () => {
    const drawn = resample(prompts, 3);
    expect(drawn).toHaveLength(40);
    const distinct = new Set(drawn.map(({ promptText }) => promptText)).size;
    // 1 - 1/e of them on average.
    expect(distinct).toBeGreaterThan(18);
    expect(distinct).toBeLessThan(34);
    expect(resample(prompts, 3)).toEqual(drawn);
    expect(resample(prompts, 4)).not.toEqual(drawn);
  });

  it('of heads counts what each of them drew', () => {
    const counted = countDraws(prompts, 3, 1);
    const totals = [0, 1, 2].map((head) => counted.reduce((sum, { counts }) => sum + (counts[head] ?? 0), 0));
    expect(totals).toEqual([40, 40, 40]);
    expect(counted.some(({ counts }) => counts[0] !== counts[1])).toBe(true);
  });
});

describe('the score of several', () => {
  it('follows the rules of Coste et al.; a single one is itself whatever the rule', () => {
    const rule = (aggregation: 'mean' | 'min' | 'mean-less-variance') => ({
      aggregation,
      varianceWeight: 0.5,
    });
    const scores = [1, 0.4, 0.7];
    expect([aggregate(scores, rule('mean')), aggregate(scores, rule('min'))]).toBeAllClose([0.7, 0.4]);
    expect(aggregate(scores, rule('mean-less-variance'))).toBeAllClose(0.67);
    expect(aggregate([0.3], rule('mean-less-variance'))).toBe(0.3);
    expect(() => aggregate([], rule('mean'))).toThrow('no score');
  });

  it('brings every member to its own scale first, and the base back to mean 0 after', () => {
    const raw = [
      [1, 3],
      [100, 500],
    ];
    const members = [
      { mean: 1, std: 2 },
      { mean: 100, std: 200 },
    ];
    const of = (aggregation: 'mean' | 'min', offset: { normalised: number; logOdds: number }) => ({
      ...{ aggregation, varianceWeight: 0, members, offset },
    });
    const none = { normalised: 0, logOdds: 0 };
    expect(ensembleScores(raw, of('mean', none), 'normalised')).toEqual([0, 1.5]);
    expect(ensembleScores(raw, of('min', none), 'normalised')).toEqual([0, 1]);
    expect(ensembleScores(raw, of('mean', { normalised: 0.5, logOdds: 9 }), 'normalised')).toEqual([-0.5, 1]);
    expect(ensembleScores(raw, of('mean', { normalised: 9, logOdds: 1 }), 'log-odds')).toEqual([-1, 200]);
  });
});
