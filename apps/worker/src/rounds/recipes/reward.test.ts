import { RewardConfig, type StageSpec } from '@rankloop/contracts';
import { expect, test } from 'vitest';
import { reward } from './reward.ts';

const stage: StageSpec = { name: 'ratings', recipe: 'reward', from: 'start', config: RewardConfig.parse({}) };
const result = {
  heldOutAccuracy: null,
  calibration: [],
  seconds: 3,
  trainPrompts: 20,
  trainPairs: 0,
  heldOutPairs: 0,
  skippedJudgements: 0,
  truncatedTexts: 0,
  confidence: 0.25,
};

test('the report of a model of ratings says how far it is off on held-out ones', () => {
  const { report, sentence } = reward.read(stage, { ...result, heldOutRatingError: 0.75 }, [stage]);
  expect(report.figures).toMatchObject({ confidence: 0.25, heldOutRatingError: 0.75 });
  expect(sentence).toContain('75 % of their variance');
});

test('the report of a model of preferences, and of ratings of which none was held out, says nothing of it', () => {
  for (const metrics of [result, { ...result, heldOutRatingError: null }]) {
    const { report, sentence } = reward.read(stage, metrics, [stage]);
    expect(report.figures).not.toHaveProperty('heldOutRatingError');
    expect(sentence).not.toContain('variance');
  }
});
