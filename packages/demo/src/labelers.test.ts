import { describe, expect, it } from 'vitest';
import { generateCorpus } from './corpus.ts';
import { goldScore } from './gold.ts';
import { simulateRanking } from './labelers.ts';
import type { LabelerTraits } from './labelers.ts';
import { demoPrompts } from './prompts.ts';

const moods = generateCorpus({ seed: 5, count: 3000 }).filter(({ mood }) => mood !== null);

/** Four reviews of the prompt's item, of whatever moods the corpus has. */
const tasks = demoPrompts.training.slice(0, 300).map(({ text, item }, index) => ({
  prompt: text,
  outputs: moods.slice(index * 4, index * 4 + 4).map(({ prompt, completion }) => {
    const name = /the ([a-z]+ [a-z]+):/.exec(prompt)?.[1] ?? '?';
    return completion.replaceAll(name, item.name);
  }),
}));

const exact: LabelerTraits = {
  temperature: 0,
  mistakeRate: 0,
  tieWidth: 0,
  tieRate: 0,
  skipRate: 0,
  partialRate: 0,
};

/** Share of strictly ranked pairs that do not contradict the gold. */
function accuracy(traits: Partial<LabelerTraits>): number {
  let right = 0;
  let total = 0;
  for (const { prompt, outputs } of tasks) {
    const ranking = simulateRanking({ prompt, outputs, labelerSeed: 11, traits });
    if (ranking.outcome !== 'ok') continue;
    for (const [i, first] of ranking.ranks.entries()) {
      for (const [j, second] of ranking.ranks.entries()) {
        if (first === null || second === null || first >= second) continue;
        total += 1;
        if (goldScore(prompt, outputs[i] ?? '') >= goldScore(prompt, outputs[j] ?? '')) right += 1;
      }
    }
  }
  return right / total;
}

describe('simulated labelers', () => {
  it('answer the same task the same way, and differ from each other', () => {
    const answers = (labelerSeed: number): unknown =>
      tasks.map((task) => simulateRanking({ ...task, labelerSeed }));
    expect(answers(11)).toEqual(answers(11));
    expect(answers(11)).not.toEqual(answers(12));
  });

  it('rank by the gold when they neither waver nor err', () => {
    expect(accuracy(exact)).toBe(1);
  });

  it('err more at a higher temperature', () => {
    expect(accuracy({ temperature: 0.05 })).toBeGreaterThan(0.85);
    expect(accuracy({ temperature: 0.05 })).toBeGreaterThan(accuracy({ temperature: 0.5 }));
    expect(accuracy({ temperature: 100 })).toBeLessThan(0.55);
  });

  it('give dense ranks from 1, some ties, some unranked, some skips', () => {
    const rankings = tasks.map((task) => simulateRanking({ ...task, labelerSeed: 12 }));
    let [ties, unranked, skips] = [0, 0, 0];
    for (const ranking of rankings) {
      if (ranking.outcome !== 'ok') {
        skips += 1;
        continue;
      }
      const given = ranking.ranks.filter((rank) => rank !== null);
      const levels = new Set(given);
      expect([...levels].sort()).toEqual(Array.from({ length: levels.size }, (_, index) => index + 1));
      if (levels.size < given.length) ties += 1;
      if (given.length < ranking.ranks.length) unranked += 1;
    }
    for (const count of [ties, unranked, skips]) expect(count).toBeGreaterThan(0);
    expect(skips).toBeLessThan(30);
  });

  it('tie equal texts and call four broken ones unrankable', () => {
    const [task] = tasks;
    if (task === undefined) throw new Error('No task.');
    const [text] = task.outputs;
    if (text === undefined) throw new Error('No output.');
    const same = simulateRanking({
      prompt: task.prompt,
      outputs: [text, text],
      labelerSeed: 11,
      traits: exact,
    });
    expect(same).toEqual({ outcome: 'ok', ranks: [1, 1] });
    const outputs = ['xq', 'zzz zzz', '', '???'];
    expect(simulateRanking({ prompt: task.prompt, outputs, labelerSeed: 11, traits: exact })).toEqual({
      outcome: 'unrankable',
    });
  });
});
