import { describe, expect, it } from 'vitest';
import { bayesAccuracy, preferenceProbability } from './bayes.ts';
import { createCrowd, judgeOutputs, rateOutput, type CrowdMember } from './crowd.ts';

const outputs = [' one.', ' two.'];

/** Share of strict judgements that put the first output first, over many tasks and the whole crowd. */
function shareOfFirst(crowd: readonly CrowdMember[], distance: number): number {
  let first = 0;
  let strict = 0;
  for (let task = 0; task < 4000; task += 1) {
    for (const member of crowd) {
      const ranks = judgeOutputs({
        member,
        seed: 1,
        taskId: String(task),
        outputs,
        utilities: [distance, 0],
      });
      const [a, b] = ranks ?? [];
      if (a == null || b == null || a === b) continue;
      strict += 1;
      if (a < b) first += 1;
    }
  }
  return first / strict;
}

describe('the Bayes accuracy of a crowd', () => {
  it.each([
    ['honest people', { size: 4, temperature: 0.4 }],
    ['people who err often', { size: 4, temperature: 0.4, mistakeRate: 0.4 }],
    [
      'a crowd with lazy and malicious people',
      { size: 5, temperature: 0.4, lazyShare: 0.2, maliciousShare: 0.2, tieRate: 0.9 },
    ],
  ])('is what %s do', (_, options) => {
    const crowd = createCrowd(options);
    for (const distance of [0.05, 0.3, 1]) {
      const expected = preferenceProbability({ first: distance, second: 0 }, crowd);
      // 16,000 judgements at least, three standard errors.
      expect(Math.abs(shareOfFirst(crowd, distance) - expected)).toBeLessThan(0.013);
    }
  });

  it('is a half where nobody can tell, and falls with the temperature', () => {
    const pairs = [{ first: 1, second: 0 }];
    const at = (temperature: number) => bayesAccuracy(pairs, createCrowd({ size: 3, temperature }));
    expect(bayesAccuracy([{ first: 1, second: 1 }], createCrowd({ size: 3, temperature: 0.4 }))).toBe(0.5);
    expect(at(0.2)).toBeGreaterThan(at(0.4));
    expect(at(0.4)).toBeGreaterThan(at(2));
  });
});

describe('a crowd', () => {
  it('has as many malicious and lazy people as it says', () => {
    const count = (character: string) =>
      createCrowd({ size: 20, temperature: 1, lazyShare: 0.1, maliciousShare: 0.2 }).filter(
        (member) => member.character === character,
      ).length;
    expect([count('malicious'), count('lazy'), count('honest')]).toEqual([4, 2, 14]);
  });

  it('skips and ties as often as it says, and always ties equal texts', () => {
    const [member] = createCrowd({ size: 1, temperature: 0.4, skipRate: 0.3, tieRate: 0.5 });
    if (member === undefined) throw new Error('The crowd is empty.');
    const judge = (texts: readonly string[], task: number) =>
      judgeOutputs({ member, seed: 2, taskId: String(task), outputs: texts, utilities: [0.01, 0] });
    const all = Array.from({ length: 2000 }, (_, task) => judge(outputs, task));
    const judged = all.filter((ranks) => ranks !== null);
    expect(1 - judged.length / all.length).toBeCloseTo(0.3, 1);
    expect(judged.filter(([a, b]) => a === b).length / judged.length).toBeCloseTo(0.5, 1);
    expect(judge([' one.', ' one.'], 9) ?? [1, 1]).toEqual([1, 1]);
  });
});

describe('ratings of a crowd', () => {
  const meanRating = (character: CrowdMember['character'], utility: number): number => {
    const shares =
      character === 'malicious' ? { maliciousShare: 1 } : character === 'lazy' ? { lazyShare: 1 } : {};
    const [member] = createCrowd({ size: 1, temperature: 0.4, ...shares });
    if (member === undefined) throw new Error('The crowd is empty.');
    const ratings = Array.from({ length: 1500 }, (_, task) =>
      rateOutput({ member, seed: 1, taskId: String(task), output: ' one.', utility }),
    ).filter((rating) => rating !== null);
    expect(ratings.every((rating) => Number.isInteger(rating) && rating >= 0 && rating <= 5)).toBe(true);
    return ratings.reduce((sum, rating) => sum + rating, 0) / ratings.length;
  };

  it('follow what an honest person likes, the opposite of it, or nothing', () => {
    expect(meanRating('honest', 1)).toBeCloseTo(3.5, 0);
    expect(meanRating('malicious', 1)).toBeCloseTo(1.5, 0);
    expect(Math.abs(meanRating('lazy', 1) - meanRating('lazy', -1))).toBeLessThan(0.25);
  });
});
