import { RoundConfig, type RoundConfigInput } from '@rankloop/contracts';
import { expect, test } from 'vitest';
import { findGateTrouble } from './find-gate-trouble.ts';

test.each<[string, RoundConfigInput, boolean, string | null]>([
  ['a policy that nothing judges', { stages: [{ recipe: 'dpo' }] }, false, 'no stage trains a reward model'],
  ['the same in the demo, where the gold judges', { stages: [{ recipe: 'dpo' }] }, true, null],
  ['a policy beside a reward model', { stages: [{ recipe: 'dpo' }, { recipe: 'reward' }] }, false, null],
  ['a policy that is compared on nothing', { comparePrompts: 0 }, true, 'compared on no prompt'],
  ['a reward model alone', { stages: [{ recipe: 'reward' }], comparePrompts: 0 }, false, null],
])('of %s it is foreseen whether the gate can let it pass', (_what, input, isDemo, says) => {
  const trouble = findGateTrouble(RoundConfig.parse(input), { isDemo });
  if (says === null) expect(trouble).toBeNull();
  else expect(trouble).toContain(says);
});
