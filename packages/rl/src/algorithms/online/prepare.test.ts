import { describe, expect, it } from 'vitest';
import { tinyConfig, tinyTokenizer } from '../../testing/tiny-world.ts';
import { prepareSamples } from './prepare.ts';
import type { OnlineExample } from './types.ts';

const sample = (tokenIds: readonly number[], logProbs: readonly number[]): OnlineExample => ({
  promptId: 'a',
  promptText: 'ab:',
  tokenIds,
  logProbs,
  score: 1,
  weight: 1,
});
const ended = sample([3, 4], [-1, -1, -1]);
const cutOff = sample([3, 4], [-1, -1]);

describe('an output that ended by itself', () => {
  it('is learned from with its end token where there is only one', () => {
    const { samples, unusable } = prepareSamples([ended, cutOff], {
      tokenizer: tinyTokenizer,
      config: tinyConfig,
    });
    expect(samples.map(({ responseIds }) => responseIds)).toEqual([
      [3, 4, 0],
      [3, 4],
    ]);
    expect(unusable).toBe(0);
  });

  it('is counted as unusable where any of several end tokens may have been drawn', () => {
    const config = { ...tinyConfig, furtherEosTokenIds: [5] };
    const { samples, unusable } = prepareSamples([ended, cutOff], { tokenizer: tinyTokenizer, config });
    expect(samples.map(({ responseIds }) => responseIds)).toEqual([[3, 4]]);
    expect(unusable).toBe(1);
  });
});

describe('a prompt that was cut when its outputs were drawn', () => {
  const promptIdsOf = (example: OnlineExample) => {
    const model = { tokenizer: tinyTokenizer, config: { ...tinyConfig, nPositions: 12 } };
    const { samples } = prepareSamples([{ ...example, promptText: 'abcdefghij' }, ended], model);
    return samples[0]?.promptIds;
  };

  it('is read as it was then, whatever room other outputs had', () => {
    expect(promptIdsOf({ ...ended, maxNewTokens: 4 })).toEqual(tinyTokenizer.encode('cdefghij'));
    expect(promptIdsOf({ ...ended, maxNewTokens: 8 })).toEqual(tinyTokenizer.encode('ghij'));
  });

  it('is unusable where the policy has no room for it', () => {
    const model = { tokenizer: tinyTokenizer, config: { ...tinyConfig, nPositions: 12 } };
    expect(prepareSamples([{ ...ended, maxNewTokens: 12 }], model)).toEqual({ samples: [], unusable: 1 });
  });
});
