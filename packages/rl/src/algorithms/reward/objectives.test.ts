import { beforeAll, describe, expect, it } from 'vitest';
import { AdamW } from '../../engine/optimizer.ts';
import { Random } from '../../engine/random.ts';
import { useEngine } from '../../engine/use-engine.ts';
import { hasNative, testEngine } from '../../testing/test-engines.ts';
import { ratedExamples, scoresOf, trainRatedReward } from '../../testing/tiny-rated-reward.ts';
import { taste, tinyExamples, tinyTokenizer, writeTinyBase } from '../../testing/tiny-world.ts';
import '../../testing/to-be-all-close.ts';
import { RewardModel } from '../reward-model.ts';
import type { PreferenceExample } from '../types.ts';
import { DrawTraining } from './draw-step.ts';
import type { PreparedPrompt } from './prepare.ts';
import { RatingTraining } from './rating-step.ts';
import { loadRewardSource } from './reward-source.ts';
import { RewardTraining } from './reward-step.ts';

let base: string;
beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  base = await writeTinyBase();
});

describe('what a reward model learns', { timeout: 200_000 }, () => {
  it.each(['plackett-luce', 'pick-best', 'regression'] as const)(
    'is what people like, from %s too',
    async (objective) => {
      const { report, outDir, curve } = await trainRatedReward(
        base,
        { objective, epochs: 3 },
        ratedExamples(140),
      );
      expect(report.heldOutAccuracy?.low).toBeGreaterThan(0.65);
      const scores = await scoresOf(outDir);
      expect([...scores].sort((a, b) => b - a)).toEqual(scores);
      expect(curve.every(({ values }) => Object.values(values).every(Number.isFinite))).toBe(true);
      if (objective === 'regression') expect(report.heldOutRatingError).toBeLessThan(0.8);
      // Differences of ratings are no log-odds.
      expect(report.calibration.length > 0).toBe(objective !== 'regression');
      const source = await loadRewardSource(outDir);
      expect(source.isLogOdds).toBe(objective !== 'regression');
      source.dispose();
    },
  );

  it('refuses ratings where there are none, and learns from ratings without an order', async () => {
    await expect(trainRatedReward(base, { objective: 'regression' }, tinyExamples(12))).rejects.toThrow(
      'rates an output',
    );
    const unordered = ratedExamples(12).map((example) => ({
      ...example,
      judgements: example.judgements.map((judgement) => ({
        ...judgement,
        ranks: example.completions.map(() => null),
      })),
    }));
    const { report, curve } = await trainRatedReward(base, { objective: 'regression', epochs: 1 }, unordered);
    expect([report.heldOutAccuracy, report.trainPairs]).toEqual([null, 0]);
    expect(curve[0]?.values).not.toHaveProperty('accuracy');
  });

  /** No order, only ratings; none of an output where its rating is not a number. */
  const ratedAlone = (
    examples: readonly PreferenceExample[],
    ratingsOf: (tastes: readonly number[]) => number[],
  ) =>
    examples.map((example) => ({
      ...example,
      judgements: example.judgements.map((judgement) => ({
        ...judgement,
        ranks: example.completions.map(() => null),
        ratings: ratingsOf(example.completions.map(taste)).map((value) =>
          Number.isNaN(value) ? null : value,
        ),
      })),
    }));

  it('is believed, without a ranked pair, as far as its order of held-out ratings is right', async () => {
    const learned = ratedAlone(ratedExamples(140), (tastes) => [...tastes]);
    const random = new Random(5);
    const noise = ratedAlone(ratedExamples(40), (tastes) => tastes.map(() => random.below(5)));
    const of = async (examples: readonly PreferenceExample[], epochs: number) =>
      (await trainRatedReward(base, { objective: 'regression', epochs }, examples)).report;
    const [good, bad] = [await of(learned, 3), await of(noise, 1)];
    expect(good.confidence).toBeGreaterThan(0.7);
    expect(bad.confidence).toBeLessThan(0.2);
  });

  it('is believed by its error where nobody rated two outputs of a prompt', async () => {
    const single = ratedAlone(ratedExamples(80), (tastes) =>
      tastes.map((value, i) => (i === 0 ? value : NaN)),
    );
    const { report } = await trainRatedReward(base, { objective: 'regression', epochs: 2 }, single);
    const { heldOutRatingError } = report;
    expect(heldOutRatingError).toBeGreaterThan(0);
    expect(report.confidence).toBeAllClose(Math.min(1, Math.max(0, 1 - (heldOutRatingError ?? NaN))));
    expect(report.confidence).toBeLessThan(1);
  });
});

describe('one update', { timeout: 300_000 }, () => {
  const prompt = (text: string, outputs: string[], order: number[], counts: number[]): PreparedPrompt => ({
    promptText: text,
    rows: outputs.map((output) => tinyTokenizer.encode(text + output)),
    counts,
    judgements: [
      {
        pairs: [{ better: order[0] ?? 0, worse: order[1] ?? 0, share: 1 }],
        draws: [{ winner: order[0] ?? 0, others: order.slice(1) }],
        ratings: order.map((row, place) => ({ row, value: -place })),
        weight: 1,
        margin: 0,
      },
    ],
  });
  const batch = [
    prompt('ab:', ['cd', 'ef', 'xyz'], [2, 0, 1], [1, 2]),
    prompt('q:', ['rst', 'u'], [1, 0], [1, 0]),
  ];
  const kinds = {
    pairs: (model: RewardModel, optimizer: AdamW) => new RewardTraining(model, optimizer),
    draws: (model: RewardModel, optimizer: AdamW) => new DrawTraining(model, optimizer),
    ratings: (model: RewardModel, optimizer: AdamW) =>
      new RatingTraining(model, optimizer, { mean: 0, std: 1 }),
  };

  async function stepsOn(kind: keyof typeof kinds, prompts: readonly PreparedPrompt[], heads: number) {
    const model = await RewardModel.fromBase(base, 1, heads);
    const optimizer = new AdamW(model.params);
    const training = kinds[kind](model, optimizer);
    const values = [training.step(prompts, 1e-3), training.step(prompts, 1e-3)];
    optimizer.dispose();
    model.dispose();
    return values.flatMap(({ loss, grad_norm, margin_mean }) => [loss, grad_norm, margin_mean]);
  }

  const cases = Object.keys(kinds).flatMap((kind) => [1, 2].map((heads) => ({ kind, heads })));
  const isKind = (kind: string): kind is keyof typeof kinds => kind in kinds;

  it.each(cases)(
    'on $kind of $heads heads does not depend on the order of the prompts',
    async ({ kind, heads }) => {
      if (!isKind(kind)) throw new Error(kind);
      const there = await stepsOn(kind, batch, heads);
      expect(await stepsOn(kind, [...batch].reverse(), heads)).toBeAllClose(there, {
        rtol: 1e-3,
        atol: 1e-5,
      });
    },
  );

  it.skipIf(!hasNative).each(cases.filter(({ heads }) => heads === 2))(
    'on $kind of $heads heads is the same on native as on wasm',
    async ({ kind, heads }) => {
      if (!isKind(kind)) throw new Error(kind);
      const onWasm = await stepsOn(kind, batch, heads);
      await useEngine({ prefer: 'native' });
      const onNative = await stepsOn(kind, batch, heads);
      await useEngine({ prefer: testEngine });
      expect(onNative).toBeAllClose(onWasm, { rtol: 1e-3, atol: 1e-4 });
    },
  );
});
