import { AutoRoundSettings } from '@rankloop/contracts';
import { expect, it } from 'vitest';
import { autoRoundsDraftOf, settingsOf } from './auto-rounds-draft.ts';

it.each([
  {},
  { trigger: { when: 'judgements', count: 500 } },
  { trigger: { when: 'hours', hours: 6 }, gateByHand: true },
  { trigger: { when: 'daily', at: '23:59' }, gate: { accuracyMargin: 0.015, winRateMargin: 0 } },
])('the form gives back the rule that it was filled with: %j', (input) => {
  const settings = AutoRoundSettings.parse(input);
  expect(settingsOf(autoRoundsDraftOf(settings))).toEqual(settings);
});
