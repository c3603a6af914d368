import { describe, expect, it } from 'vitest';
import { Random } from '../engine/random.ts';
import { shuffledOverall, shuffledWithinPrompts } from './random-twin.ts';
import { countOfShare, topOverall, topPerPrompt } from './top.ts';

/** Lambert's RLHF book, chapter on rejection sampling: 5 prompts with 4 outputs each, with equal rewards among them. */
const rewards = [
  [0.7, 0.3, 0.5, 0.2],
  [0.4, 0.8, 0.6, 0.5],
  [0.9, 0.3, 0.4, 0.7],
  [0.2, 0.5, 0.8, 0.6],
  [0.5, 0.4, 0.3, 0.6],
];
const flat = ({ prompt, candidate }: { prompt: number; candidate: number }) => prompt * 4 + candidate;

describe('the best outputs', () => {
  it('of each prompt are those of the published example', () => {
    expect(topPerPrompt(rewards).map(({ candidate }) => candidate + 1)).toEqual([1, 2, 1, 3, 4]);
  });

  it('of all are those of the published example: equal ones in their order', () => {
    expect(topOverall(rewards, 5).map(flat)).toEqual([8, 5, 14, 0, 11]);
    expect(topOverall(rewards, 100)).toHaveLength(20);
  });

  it('of a prompt without candidates are none', () => {
    expect(topPerPrompt([[], [1, 2]])).toEqual([{ prompt: 1, candidate: 1 }]);
  });

  it('are a share of all, and at least one', () => {
    expect([countOfShare(20, 0.2), countOfShare(3, 0.1), countOfShare(3, 1), countOfShare(0, 0.5)]).toEqual([
      4, 1, 3, 0,
    ]);
  });
});

describe('the random twin of a rule', () => {
  const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);

  it('has the rewards of each prompt in a random order', () => {
    const dealt = shuffledWithinPrompts(rewards, new Random(1));
    expect(dealt).not.toEqual(rewards);
    expect(dealt.map(sorted)).toEqual(rewards.map(sorted));
  });

  it('among all outputs has all rewards dealt anew, as many to each prompt', () => {
    const uneven = [[1, 2, 3], [], [4], [5, 6]];
    const dealt = shuffledOverall(uneven, new Random(2));
    expect(dealt.map(({ length }) => length)).toEqual([3, 0, 1, 2]);
    expect(sorted(dealt.flat())).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('accepts as many, each output equally often', () => {
    const random = new Random(3);
    const counts = [0, 0, 0, 0];
    const trials = 4_000;
    for (let trial = 0; trial < trials; trial++) {
      const chosen = topPerPrompt(shuffledWithinPrompts(rewards.slice(0, 1), random));
      expect(chosen).toHaveLength(1);
      for (const { candidate } of chosen) counts[candidate] = (counts[candidate] ?? 0) + 1;
    }
    // Four binomial deviations of a quarter.
    for (const count of counts) expect(Math.abs(count / trials - 0.25)).toBeLessThan(0.028);
  });
});
