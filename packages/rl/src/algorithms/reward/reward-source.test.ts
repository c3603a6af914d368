import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine/use-engine.ts';
import { testEngine } from '../../testing/test-engines.ts';
import { scoresOf, TASTED_TEXTS, trainRatedReward } from '../../testing/tiny-rated-reward.ts';
import { tinyExamples, writeTinyBase } from '../../testing/tiny-world.ts';
import '../../testing/to-be-all-close.ts';
import { RewardModel } from '../reward-model.ts';
import { loadRewardSource } from './reward-source.ts';

let base: string;
beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  base = await writeTinyBase();
});

describe('where a score comes from', { timeout: 120_000 }, () => {
  it('one plain folder scores exactly as its model does, in deviations and in log-odds', async () => {
    const { outDir, report } = await trainRatedReward(base, { epochs: 1 }, tinyExamples(24));
    const model = await RewardModel.fromFolder(outDir);
    const expected = await model.score(TASTED_TEXTS);
    const raw = await model.scoreRows(TASTED_TEXTS.map((text) => model.encode(text).ids));
    model.dispose();
    expect(await scoresOf(outDir)).toEqual(expected);
    expect(await scoresOf([{ dir: outDir, weight: 7 }])).toEqual(expected);
    const { mean, std } = report.normalisation;
    expect(await scoresOf(outDir, 'log-odds')).toEqual(raw.map((score) => score - mean));
    expect(await scoresOf(outDir, 'log-odds')).toBeAllClose(expected.map((score) => score * std));
  });

  it('a mixture is the weighted mean of its parts, and of their confidence', async () => {
    const one = await trainRatedReward(base, { epochs: 1 }, tinyExamples(24));
    const other = await trainRatedReward(
      base,
      { members: 2, ensemble: 'heads', epochs: 1 },
      tinyExamples(24),
    );
    const mixture = [
      { dir: one.outDir, weight: 3 },
      { dir: other.outDir, weight: 1 },
    ];
    const [ofOne, ofOther] = [await scoresOf(one.outDir), await scoresOf(other.outDir)];
    const expected = ofOne.map((score, i) => 0.75 * score + 0.25 * (ofOther[i] ?? NaN));
    expect(await scoresOf(mixture)).toBeAllClose(expected);
    const source = await loadRewardSource(mixture);
    expect(source.confidence).toBeAllClose(0.75 * one.report.confidence + 0.25 * other.report.confidence);
    const byConfidence = await source.score(TASTED_TEXTS, { byConfidence: true });
    source.dispose();
    const weighed = ofOne.map(
      (score, i) =>
        0.75 * one.report.confidence * score + 0.25 * other.report.confidence * (ofOther[i] ?? NaN),
    );
    expect(byConfidence).toBeAllClose(weighed);
  });

  it('is refused without a folder, with a weight of 0, and leaves nothing behind', async () => {
    await expect(loadRewardSource([])).rejects.toThrow('one folder or more');
    await expect(loadRewardSource([{ dir: base, weight: 0 }])).rejects.toThrow('weight above 0');
    const { outDir } = await trainRatedReward(base, { epochs: 1 }, tinyExamples(16));
    const before = tf.memory().numTensors;
    const broken = loadRewardSource([
      { dir: outDir, weight: 1 },
      { dir: '/nowhere', weight: 1 },
    ]);
    await expect(broken).rejects.toThrow('/nowhere');
    expect(tf.memory().numTensors).toBe(before);
  });
});
